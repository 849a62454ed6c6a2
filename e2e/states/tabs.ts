// Tabs: some, and more than there is room for; and a notice above them.
import { expect } from '@playwright/test';
import type { Place } from '../states';
import { cancel, demo, escape, shell } from './steps';

export const tabs: Place = {
  name: 'tabs',
  which: 'own',
  states: [
    {
      name: 'tabs-some',
      async reach({ app }) {
        await demo(app, 'hello', 'Done');
        await demo(app, 'fail', 'Error');
        await shell(app, 'echo "a command with a long line, which no tab has room for"', 'Done');
      },
    },
    {
      name: 'tabs-more-than-there-is-room-for',
      small: true,
      async reach({ app, page }) {
        for (let n = 1; n <= 8; n++) await shell(app, `echo "one of many: ${n} of 8"`, 'Done');
        await expect(page.getByRole('button', { name: /^Close / })).toHaveCount(11);
      },
    },
    {
      name: 'tabs-as-a-list',
      async reach({ page }) {
        await page.getByRole('button', { name: 'All open tabs' }).click();
        await expect(page.getByRole('option')).toHaveCount(11);
        await page.getByRole('combobox').fill('of 8 one');
        await expect(page.getByRole('option')).toHaveCount(8);
      },
      leave: escape,
    },
    {
      name: 'tab-menu',
      async reach({ page }) {
        const tabs = page.getByRole('navigation', { name: 'Open jobs' });
        await tabs.getByRole('link').nth(9).click({ button: 'right' });
        await expect(page.getByRole('menuitem', { name: 'Close the others' })).toBeVisible();
      },
      async leave({ page }) {
        await page.keyboard.press('Escape');
      },
    },
    {
      name: 'tab-beside',
      small: true,
      async reach({ app, page }) {
        await page.keyboard.press('Control+\\');
        await expect(page.getByTestId('beside')).toBeVisible();
        await expect(app.log).toHaveCount(2);
      },
      async leave({ page }) {
        await page.getByRole('button', { name: 'Close what is beside' }).click();
        await expect(page.getByTestId('beside')).toHaveCount(0);
      },
    },
    {
      name: 'no-tab-open',
      small: true,
      main: true,
      async reach({ app, page }) {
        await shell(app, 'echo going on; sleep 1000', 'Running');
        const tabs = page.getByRole('navigation', { name: 'Open jobs' });
        await tabs.getByRole('link').last().click({ button: 'right' });
        await page.getByRole('menuitem', { name: 'Close the others' }).click();
        await page.getByRole('button', { name: /^Close / }).click();
        await expect(page.getByRole('heading', { name: 'Jobs' })).toBeVisible();
        await expect(page.getByRole('rowheader', { name: 'Running' })).toBeVisible();
        await expect(page.locator('tr[data-job]').nth(5)).toBeVisible();
      },
      async leave({ app, page }) {
        await page.locator('tr[data-job] a').first().click();
        await expect(app.status).toHaveText('Running');
        await cancel(app);
      },
    },
    {
      name: 'notice',
      small: true,
      async reach({ app, page }) {
        // A browser that lets no page write to the clipboard says so to the page.
        await page.evaluate(() => {
          navigator.clipboard.writeText = () =>
            Promise.reject(new Error('the browser does not let this page write to the clipboard'));
        });
        await page.getByRole('button', { name: /^shop/ }).click({ button: 'right' });
        await page.getByRole('menuitem', { name: 'Copy path' }).click();
        await expect(page.getByRole('alert').filter({ hasText: 'clipboard' })).toBeVisible();
        await expect(app.status).toBeVisible();
      },
    },
  ],
};
