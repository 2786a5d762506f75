// Collects the texts of the code into src/i18n/en.json; with --check only says whether the file still fits.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('..', import.meta.url));
const target = join(here, 'src/i18n/en.json');
const dir = mkdtempSync(join(tmpdir(), 'stowage-messages-'));
try {
  const out = join(dir, 'en.json');
  execFileSync(
    join(here, 'node_modules/.bin/formatjs'),
    ['extract', 'src/**/*.{ts,tsx}', '--ignore', 'src/**/*.test.{ts,tsx}', '--format', 'simple', '--throws', '--out-file', out],
    { cwd: here, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const found = JSON.parse(readFileSync(out, 'utf8'));
  const wanted = `${JSON.stringify(Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1))), null, 2)}\n`;
  if (process.argv.includes('--check')) {
    if (readFileSync(target, 'utf8') !== wanted) {
      process.stderr.write('src/i18n/en.json does not fit the texts in the code. Run: npm run messages\n');
      process.exitCode = 1;
    }
  } else {
    writeFileSync(target, wanted);
  }
} finally {
  rmSync(dir, { recursive: true });
}
