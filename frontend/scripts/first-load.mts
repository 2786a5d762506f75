import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

/**
 * Fails a build whose first page needs more script than the bound, compressed, in kB: what the page loads and all that
 * this imports, without the chunks of single pages. What one page needs belongs into the chunk of that page.
 */
export function boundFirstLoad(bound: number): Plugin {
  return {
    name: 'bound-first-load',
    apply: 'build',
    generateBundle(_options, bundle) {
      const needed = new Set(Object.values(bundle).flatMap((file) => (file.type === 'chunk' && file.isEntry ? [file.fileName] : [])));
      let bytes = 0;
      for (const name of needed) {
        const file = bundle[name];
        if (file?.type !== 'chunk') continue;
        bytes += gzipSync(file.code).length;
        for (const other of file.imports) needed.add(other);
      }
      const kilobytes = Math.round(bytes / 1000);
      if (kilobytes > bound) this.error(`the first page loads ${kilobytes} kB of script, compressed; the bound is ${bound} kB (see scripts/first-load.mts)`);
      this.info(`the first page loads ${kilobytes} kB of script, compressed, of at most ${bound} kB`);
    },
  };
}
