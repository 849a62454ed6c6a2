// The palette, and the settings.
import { expect } from '@playwright/test';
import type { Place } from '../states';
import { demo, over } from './steps';

export const palette: Place = {
  name: 'palette',
  which: 'own',
  states: [
    over(
      'palette',
      async ({ app, page }) => {
        await demo(app, 'hello', 'Done');
        await page.keyboard.press('Control+k');
        await expect(page.getByRole('option').first()).toBeVisible();
      },
      true,
    ),
    over(
      'palette-with-hits',
      async ({ page }) => {
        await page.keyboard.press('Control+k');
        await page.getByRole('combobox').fill('st');
        await expect(page.getByRole('option', { name: /status/ }).first()).toBeVisible();
      },
      true,
    ),
    over('palette-without-hits', async ({ page }) => {
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').fill('xyzzy plugh');
      await expect(page.getByRole('option')).toHaveText([
        /Search every log for “xyzzy plugh”/,
        /Run “xyzzy plugh” here…/,
        /Run “xyzzy plugh” on a host…/,
      ]);
    }),
    over('palette-which-host', async ({ page }) => {
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').fill('uptime');
      await page
        .getByRole('option', { name: /^uptime/ })
        .first()
        .click();
      await expect(page.getByRole('option', { name: /^web-1/ })).toBeVisible();
    }),
    over('palette-this-tab', async ({ page }) => {
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').fill('again run');
      await expect(page.getByRole('option', { name: /^Run again/ })).toHaveCount(2);
    }),
    over('palette-with-a-login', async ({ page }) => {
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').fill('ssh root@10.0.0.7');
      await expect(page.getByRole('option', { name: /Open a shell/ }).first()).toBeVisible();
    }),
    over('palette-with-a-link', async ({ page }) => {
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').fill(`${page.url()}#L2-L3`);
      await expect(page.getByRole('option')).toHaveCount(1);
    }),
  ],
};

export const help: Place = {
  name: 'help',
  which: 'own',
  states: [
    {
      name: 'guide',
      small: true,
      main: true,
      async reach({ page }) {
        await page.keyboard.press('F1');
        await expect(page.getByRole('heading', { name: 'Guide', level: 1 })).toBeVisible();
      },
    },
  ],
};

export const settings: Place = {
  name: 'settings',
  which: 'own',
  states: [
    {
      name: 'settings',
      small: true,
      main: true,
      async reach({ page }) {
        await page.getByRole('link', { name: 'Settings' }).click();
        await expect(page.getByRole('textbox', { name: 'Database' })).toBeVisible();
      },
    },
    over('settings-choosing', async ({ page }) => {
      // In the smallest window, too, there is room for the list below its field.
      await page.locator('#log').evaluate((section) => section.scrollIntoView());
      await page.getByRole('combobox', { name: /^Times/ }).click();
      await expect(page.getByRole('option', { name: 'Since the line before' })).toBeVisible();
    }),
    {
      name: 'settings-marks',
      small: true,
      async reach({ page, world }) {
        await world.home.vmo('hosts', 'tag', 'web-1,web-2', 'edge', 'lab');
        const marks = page.locator('#danger');
        for (const on of ['@edge', 'db-1']) {
          await marks.getByRole('combobox', { name: 'Marks' }).fill(on);
          await marks.getByRole('button', { name: 'Mark it' }).click();
          await expect(marks.locator(`[data-mark="${on}"]`)).toBeVisible();
        }
        await marks.getByRole('combobox', { name: 'Color of @edge: No color' }).click();
        await page.getByRole('option', { name: 'Violet' }).click();
        await expect(marks.getByRole('combobox', { name: 'Color of @edge: Violet' })).toBeVisible();
        await marks.getByRole('combobox', { name: 'Before a run on db-1' }).click();
        await page.getByRole('option', { name: 'Never ask' }).click();
        await marks.getByRole('combobox', { name: 'Marks' }).fill('@egde');
        await marks.getByRole('button', { name: 'Mark it' }).click();
        await expect(marks.getByRole('alert')).toContainText('did you mean @edge?');
        await marks.getByRole('alert').scrollIntoViewIfNeeded();
      },
      async leave({ page }) {
        for (const on of ['@edge', 'db-1']) {
          await page.getByRole('button', { name: `Remove the mark of ${on}` }).click();
          await expect(page.locator(`[data-mark="${on}"]`)).toHaveCount(0);
        }
      },
    },
    {
      name: 'settings-bad-database',
      async reach({ page }) {
        await page
          .getByRole('textbox', { name: 'Database' })
          .fill('mysql://ada@db.example.org/vmo');
        await page.getByRole('button', { name: 'Test' }).click();
        await expect(page.locator('#database').getByRole('status')).not.toHaveText(
          /^(Asking it…)?$/,
        );
      },
      async leave({ page }) {
        await page.getByRole('textbox', { name: 'Database' }).fill('');
      },
    },
    {
      name: 'settings-history-copied',
      small: true,
      async reach({ page, world }) {
        const section = page.locator('#database');
        await page.getByRole('textbox', { name: 'Database' }).fill(await world.database());
        await section.getByRole('button', { name: 'Test', exact: true }).click();
        await section.getByRole('button', { name: 'Copy the history there' }).click();
        await expect(page.getByTestId('history-copy')).toContainText(/Copied \d+ jobs?/, {
          timeout: 30_000,
        });
        await page.getByTestId('history-copy').scrollIntoViewIfNeeded();
      },
      async leave({ page }) {
        await page.getByRole('textbox', { name: 'Database' }).fill('');
      },
    },
    {
      name: 'settings-bad-expression',
      async reach({ page }) {
        await page.getByLabel('Errors').fill('^oops\n(');
        await expect(page.getByText(/unclosed group/)).toBeVisible();
      },
      async leave({ page }) {
        await page.getByLabel('Errors').fill('');
      },
    },
    {
      name: 'settings-dropping-jobs',
      small: true,
      async reach({ page }) {
        await page.getByLabel('Jobs', { exact: true }).fill('1');
        await expect(page.getByTestId('outdated')).toContainText('Drops');
      },
      async leave({ page }) {
        await page.getByLabel('Jobs', { exact: true }).fill('');
      },
    },
    {
      name: 'settings-saved',
      async reach({ page }) {
        await page.getByRole('textbox', { name: 'Concurrent jobs' }).fill('12');
        await expect(page.getByText('Saved', { exact: true })).toBeVisible();
      },
    },
    {
      name: 'settings-masks-tried',
      small: true,
      async reach({ page }) {
        await page.getByLabel('Masks').fill('release-[a-z]+');
        await page.getByLabel('Try them').fill('12:00:01 release-otter is out');
        await expect(page.getByTitle('Your own masks')).toHaveText('release-otter');
        await expect(page.getByTestId('masked-line').getByTitle('Times')).toHaveText('12:00:01');
      },
    },
    {
      name: 'settings-bad-mask',
      async reach({ page }) {
        await page.getByLabel('Masks').fill('release-(');
        await expect(page.getByTestId('masked-line')).toContainText('unclosed group');
      },
      async leave({ page }) {
        await page.getByLabel('Try them').fill('');
        await page.getByLabel('Masks').fill('');
      },
    },
    {
      name: 'settings-key-waited-for',
      async reach({ page }) {
        await page.getByRole('button', { name: 'Run again: R' }).click();
        await expect(page.getByText('Press a key…')).toBeVisible();
      },
      async leave({ page }) {
        await page.keyboard.press('W');
        await expect(page.getByText('W is “Wrap long lines”')).toBeVisible();
      },
    },
    {
      name: 'settings-health',
      small: true,
      async reach({ page }) {
        await page.getByRole('button', { name: 'Check', exact: true }).click();
        await expect(page.getByRole('list', { name: 'What was looked at' })).toBeVisible();
        await page.getByRole('list', { name: 'What was looked at' }).scrollIntoViewIfNeeded();
      },
    },
  ],
};
