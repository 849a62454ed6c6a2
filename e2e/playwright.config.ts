// The page in a real browser, against a real `vmo serve` with fresh folders.
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  // The longest file begins first, so that nobody waits for it alone at the end.
  projects: [
    { name: 'states', testMatch: 'states.spec.ts' },
    { name: 'scenarios', testMatch: '*.spec.ts', testIgnore: 'states.spec.ts' },
  ],
  outputDir: '../test-results',
  // Each has folders and a server of its own. The scenarios of a file come one after the other and share the server's
  // history, as a person's windows do; a scenario by itself waits for one process after another and leaves a core idle.
  workers: 2,
  // What hangs, and not what is slow.
  timeout: 180_000,
  // As in .config/nextest.toml.
  retries: 1,
  expect: { timeout: 20_000 },
  forbidOnly: process.env.CI !== undefined,
  reporter: [['list'], ['./tally.ts']],
  use: {
    viewport: { width: 1360, height: 860 },
    actionTimeout: 20_000,
    // A recording of each first try costs nearly half of all the time; what fails is tried again.
    trace: 'on-first-retry',
    screenshot: 'only-on-failure',
    launchOptions: {
      // Playwright's own download is not used; a system's Chromium is.
      executablePath: process.env.VMO_CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
