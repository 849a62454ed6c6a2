// Pictures of every page and state: no test, and so no part of `make test`.
import { defineConfig } from '@playwright/test';
import tests from './playwright.config';

export default defineConfig(tests, {
  testMatch: 'states.pictures.ts',
  timeout: 180_000,
  reporter: [['line']],
  use: { trace: 'off', contextOptions: { reducedMotion: 'reduce' } },
});
