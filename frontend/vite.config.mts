import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { boundFirstLoad } from './scripts/first-load.mts';
import { pretendApi } from './src/mock/plugin.mts';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// STOWAGE_PRETEND=1 (or =setup) answers the API from src/mock; otherwise a running `stowage serve` answers it.
const pretend = Boolean(process.env.STOWAGE_PRETEND);
const proxy = pretend ? undefined : { '/api': process.env.STOWAGE_API ?? 'http://127.0.0.1:8080' };

export default defineConfig({
  // The page is served below a path that is not known at build time, and Forge refuses absolute ones.
  base: './',
  plugins: [react(), boundFirstLoad(205), pretend && pretendApi()],
  resolve: {
    alias: [
      // Atlaskit's feature gates bring a telemetry client along; none of them is ever switched on here.
      { find: /^@atlaskit\/feature-gate-js-client(\/.*)?$/, replacement: at('./src/shims/feature-gates.ts') },
    ],
  },
  server: { proxy },
  preview: { proxy },
  build: {
    outDir: 'dist',
    // dist/.gitkeep is committed, so that the Go module compiles without a built front end; public/ puts it back.
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
  },
  test: {
    environment: 'jsdom',
    environmentOptions: { jsdom: { url: 'http://localhost/app/admin' } },
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/test/setup.ts'],
    css: { modules: { classNameStrategy: 'non-scoped' } },
    // The themes are large style sheets, and jsdom looks through all of them for every role it is asked for.
    alias: [{ find: /^.*\/artifacts\/themes\/.*$/, replacement: at('./src/shims/no-theme.ts') }],
    server: { deps: { inline: [/@atlaskit/] } },
    restoreMocks: true,
    // React's advice to the author of a library that Atlaskit uses.
    onConsoleLog: (log) => !log.includes('Support for defaultProps will be removed'),
    testTimeout: 60_000,
  },
});
