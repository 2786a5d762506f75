// Writes src/api/schema.ts from the committed description of the API; with --check only says whether it still fits.
import { readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript';

const description = new URL('../../server/api/openapi.json', import.meta.url);
const target = new URL('../src/api/schema.ts', import.meta.url);

const wanted = COMMENT_HEADER + astToString(await openapiTS(description, { alphabetize: true }));
if (process.argv.includes('--check')) {
  const present = await readFile(target, 'utf8').catch(() => '');
  if (present !== wanted) {
    process.stderr.write('src/api/schema.ts does not fit server/api/openapi.json. Run: npm run generate\n');
    process.exit(1);
  }
} else {
  await writeFile(target, wanted);
}
