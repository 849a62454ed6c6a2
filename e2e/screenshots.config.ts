// Pictures of every page and state: no test, and so no part of `make test`.
import { defineConfig } from '@playwright/test';
import tests from './playwright.config';

export default defineConfig({
  ...tests,
  projects: [{ name: 'pictures', testMatch: 'states.pictures.ts' }],
  workers: 1,
  timeout: 180_000,
  reporter: [['line']],
  use: { ...tests.use, trace: 'off', contextOptions: { reducedMotion: 'reduce' } },
});
