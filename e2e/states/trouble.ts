// What is away: the database, the app itself, the key to it.
import { expect } from '@playwright/test';
import type { Place } from '../states';
import { demo } from './steps';

export const away: Place = {
  name: 'Postgres away',
  which: 'away',
  states: [
    {
      name: 'away-job',
      async reach({ app }) {
        await demo(app, 'hello', 'Done');
      },
    },
    {
      name: 'away-history',
      small: true,
      async reach({ app, page }) {
        await app.history();
        await expect(page.getByText('The list may be incomplete')).toBeVisible();
      },
    },
    {
      name: 'away-settings',
      async reach({ page }) {
        await page.getByRole('link', { name: 'Settings' }).click();
        await expect(page.getByRole('textbox', { name: 'Database' })).toBeVisible();
      },
    },
  ],
};

export const connection: Place = {
  name: 'connection',
  which: 'ending',
  states: [
    {
      name: 'connection-lost',
      small: true,
      async reach({ app, page, world }) {
        await demo(app, 'logs', 'Running');
        await expect(app.log.locator('[data-line="20"]')).toBeVisible();
        await world.stop('ending');
        await expect(page.getByText('Connection lost. Reconnecting…')).toBeVisible();
        await expect(page.getByTestId('as-of')).toHaveText(/^as of \d\d:\d\d:\d\d$/);
      },
    },
    {
      name: 'shut-out',
      small: true,
      async reach({ page, world }) {
        await world.replace('ending');
        await expect(
          page.getByRole('heading', { name: 'This page is not signed in to the app' }),
        ).toBeVisible();
      },
    },
  ],
};
