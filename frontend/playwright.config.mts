import { defineConfig } from '@playwright/test';

// The browser is Debian's; nothing is downloaded. The switches keep it from asking hosts of its own.
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export default defineConfig({
  testDir: './e2e',
  outputDir: '../build/browser',
  globalSetup: './e2e/ready.ts',
  fullyParallel: false,
  // Every worker runs a whole demo: the simulated sites, the service and its workers.
  workers: 1,
  forbidOnly: !!process.env.CI,
  retries: 0,
  timeout: 300_000,
  expect: { timeout: 60_000 },
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 900 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    colorScheme: 'light',
    contextOptions: { reducedMotion: 'reduce' },
    actionTimeout: 60_000,
    screenshot: 'only-on-failure',
    trace: { mode: 'retain-on-failure', screenshots: false },
    launchOptions: { executablePath: process.env.STOWAGE_CHROMIUM ?? '/usr/bin/chromium', args: quiet },
  },
});
