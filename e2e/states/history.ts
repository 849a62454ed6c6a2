// History: full, narrowed, and with nothing that matches.
import { expect } from '@playwright/test';
import type { Place } from '../states';
import { over, shell } from './steps';

export const history: Place = {
  name: 'history',
  which: 'own',
  states: [
    {
      name: 'history',
      small: true,
      main: true,
      async reach({ app, page }) {
        await shell(app, 'echo "a word to find"; exit 2', 'Error');
        await page.getByRole('button', { name: 'Pin this job' }).click();
        await page.getByRole('button', { name: 'Add a note' }).click();
        await page.getByRole('textbox', { name: 'Note' }).fill('the one before the incident');
        await page.keyboard.press('Enter');
        await expect(page.getByTestId('note')).toBeVisible();
        await app.history();
        await expect(page.locator('tr[data-job]').first()).toContainText('before the incident');
      },
    },
    {
      name: 'history-row-under-the-mouse',
      async reach({ page }) {
        await page.locator('tr[data-job]').first().hover();
      },
    },
    over('history-choosing-a-status', async ({ page }) => {
      await page.getByRole('combobox', { name: 'Status' }).click();
      await expect(page.getByRole('option', { name: 'Error' })).toBeVisible();
    }),
    {
      name: 'history-narrowed',
      small: true,
      async reach({ page }) {
        await page.getByRole('combobox', { name: 'Status' }).click();
        await page.getByRole('option', { name: 'Error' }).click();
        await page.getByRole('button', { name: 'Pinned' }).click();
        await page.getByRole('textbox', { name: 'Find a command' }).fill('word');
        await expect(page.locator('tr[data-job]')).toHaveCount(1);
      },
    },
    {
      name: 'history-without-hits',
      async reach({ page }) {
        await page.getByRole('textbox', { name: 'Find a command' }).fill('no such command');
        await expect(page.getByText('No matches.')).toBeVisible();
      },
      async leave({ page }) {
        await page.getByRole('button', { name: 'Clear filters' }).first().click();
      },
    },
  ],
};
