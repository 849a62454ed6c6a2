// History: full, narrowed, with nothing that matches, and searched.
import { expect, type Page } from '@playwright/test';
import type { Place } from '../states';
import { over, shell } from './steps';

async function search(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Search in every log' }).fill(text);
  await page.keyboard.press('Enter');
}

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
    over('history-row-menu', async ({ page }) => {
      await page.locator('tr[data-job]').first().click({ button: 'right' });
      await expect(page.getByRole('menuitem', { name: 'Run again with changes…' })).toBeVisible();
    }),
    {
      name: 'history-two-selected',
      small: true,
      main: true,
      async reach({ app, page }) {
        await shell(app, 'echo another', 'Done');
        await app.history();
        const rows = page.locator('tr[data-job]');
        await rows.nth(0).click({ modifiers: ['ControlOrMeta'] });
        await rows.nth(1).click({ modifiers: ['ControlOrMeta'] });
        await expect(page.getByRole('button', { name: 'Compare them' })).toBeVisible();
      },
    },
    {
      name: 'history-deleting-two',
      small: true,
      async reach({ page }) {
        await page.getByRole('button', { name: 'Delete…' }).click();
        await expect(page.getByRole('dialog', { name: 'Delete 2 jobs?' })).toBeVisible();
      },
    },
    {
      name: 'history-deleted-but-one',
      async reach({ page }) {
        const dialog = page.getByRole('dialog', { name: 'Delete 2 jobs?' });
        await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
        await expect(dialog.getByRole('status')).toContainText('1 job stays: not over yet, pinned');
      },
      async leave({ page }) {
        await page.getByRole('button', { name: 'Close' }).last().click();
        await page.getByRole('button', { name: 'Clear the selection' }).click();
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
        await page.getByRole('option', { name: 'Lost' }).click();
        await page.keyboard.press('Escape');
        await page.getByRole('button', { name: 'Pinned' }).click();
        await page.getByRole('textbox', { name: 'Find a command' }).fill('word');
        await expect(page.locator('tr[data-job]')).toHaveCount(1);
      },
    },
    over('history-choosing-columns', async ({ page }) => {
      await page.getByRole('button', { name: 'Columns' }).click();
      await expect(page.getByRole('menuitemcheckbox', { name: 'Commit' })).toBeVisible();
    }),
    over('history-naming-a-search', async ({ page }) => {
      await page.getByRole('button', { name: 'Saved searches' }).click();
      await page.getByRole('menuitem', { name: 'Save this search…' }).click();
      await page.getByRole('textbox', { name: 'Name' }).fill('errors that are pinned');
    }),
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
    {
      name: 'history-searched',
      small: true,
      main: true,
      async reach({ app, page }) {
        const lines = "printf '%s: a \\033[31mneedle\\033[0m of many\\n' 1 2 3 4 5";
        await shell(app, `${lines}; exit 3`, 'Error');
        await app.history();
        await search(page, 'needle of');
        await expect(page.getByTestId('found')).toContainText('5 hits');
        await expect(page.locator('[data-hit]')).toHaveCount(3);
      },
    },
    {
      name: 'history-searched-with-lines-around',
      async reach({ page }) {
        await page.getByRole('button', { name: 'Lines around' }).click();
        await expect(page.getByTestId('search-end')).toBeAttached();
        await expect(page.locator('[data-hit]').first()).toBeVisible();
      },
      async leave({ page }) {
        await page.getByRole('button', { name: 'Lines around' }).click();
      },
    },
    {
      name: 'history-searched-for-a-bad-expression',
      small: true,
      async reach({ page }) {
        await page.getByRole('button', { name: 'Regular expression' }).click();
        await search(page, 'a(b');
        await expect(page.getByRole('alert')).toContainText('unclosed group');
      },
      async leave({ page }) {
        await page.getByRole('button', { name: 'Regular expression' }).click();
      },
    },
    {
      name: 'history-searched-in-vain',
      small: true,
      async reach({ page }) {
        await search(page, 'what nobody ever wrote');
        await expect(page.getByText('No matches in any log.')).toBeVisible();
      },
      async leave({ page }) {
        await page.getByRole('button', { name: 'Clear the search' }).click();
      },
    },
  ],
};
