// The sidebar: projects and hosts, whole, broken, narrowed and folded; and whom it asks about.
import { expect } from '@playwright/test';
import type { Place } from '../states';
import { over, unfold } from './steps';

const FILTER = { name: 'Filter projects, targets and hosts' };

export const sidebar: Place = {
  name: 'sidebar',
  which: 'own',
  states: [
    {
      name: 'sidebar-projects-folded',
      small: true,
      async reach({ page }) {
        await expect(page.getByRole('button', { name: /^archive/ })).toBeVisible();
        await expect(page.getByRole('button', { name: /^cache-1/ })).toBeVisible();
      },
    },
    {
      name: 'sidebar-project-unfolded',
      async reach({ app, page }) {
        await unfold(page, 'shop');
        await expect(app.target('wipe')).toBeVisible();
      },
    },
    over(
      'trust',
      async ({ app, page }) => {
        await app.target('wipe').click();
        await expect(page.getByRole('dialog', { name: 'Trust shop?' })).toBeVisible();
      },
      true,
    ),
    {
      name: 'sidebar-makefile-with-an-error',
      async reach({ page }) {
        await unfold(page, 'billing');
        await expect(page.getByRole('list', { name: 'Problems' })).toContainText(/Makefile:6: /);
      },
    },
    {
      name: 'sidebar-folder-gone',
      async reach({ page }) {
        await unfold(page, 'archive');
        await expect(page.getByText('mkcli remove archive')).toBeVisible();
      },
    },
    over('sidebar-project-menu', async ({ page }) => {
      await page.getByRole('button', { name: /^shop/ }).click({ button: 'right' });
      await expect(page.getByRole('menuitem', { name: 'Reload makefile' })).toBeVisible();
    }),
    {
      name: 'sidebar-filter-with-hits',
      async reach({ page, app }) {
        await page.getByRole('textbox', FILTER).fill('wi');
        await expect(app.target('wipe')).toBeVisible();
        await expect(app.target('show')).toHaveCount(0);
      },
    },
    {
      name: 'sidebar-filter-without-hits',
      async reach({ page }) {
        await page.getByRole('textbox', FILTER).fill('no such thing');
        await expect(page.getByText('No matching projects or targets.')).toBeVisible();
        await expect(page.getByText('No matching hosts.')).toBeVisible();
      },
      async leave({ page }) {
        await page.getByRole('textbox', FILTER).press('Escape');
        await unfold(page, 'shop');
      },
    },
    {
      name: 'sidebar-host-with-saved-commands',
      async reach({ page }) {
        for (const name of ['shop', 'billing', 'archive', 'vm']) {
          const row = page.getByRole('button', { name: new RegExp(`^${name}\\b`) });
          if ((await row.getAttribute('aria-expanded')) === 'true') await row.click();
        }
        await unfold(page, 'web-1');
        await expect(page.getByRole('button', { name: 'uptime', exact: true })).toBeVisible();
      },
    },
    over('sidebar-host-menu', async ({ page }) => {
      await page.getByRole('button', { name: /^web-2/ }).click({ button: 'right' });
      await page.getByRole('menuitemcheckbox', { name: 'In production' }).click();
      await page.getByRole('button', { name: /^web-2 production/ }).click({ button: 'right' });
      await expect(page.getByRole('menuitemcheckbox', { checked: true })).toBeVisible();
    }),
    {
      name: 'sidebar-host-in-production',
      async reach({ page }) {
        await expect(page.getByRole('button', { name: /^web-2 production/ })).toBeVisible();
      },
    },
    {
      name: 'sidebar-sections-folded',
      async reach({ page }) {
        for (const name of ['Projects', 'Hosts'])
          await page.getByRole('button', { name, exact: true }).click();
        await expect(page.getByRole('button', { name: /^web-1/ })).toHaveCount(0);
      },
      async leave({ page }) {
        for (const name of ['Projects', 'Hosts'])
          await page.getByRole('button', { name, exact: true }).click();
      },
    },
    {
      name: 'sidebar-hidden',
      small: true,
      async reach({ page }) {
        await page.keyboard.press('Control+b');
        await expect(page.getByRole('button', { name: 'Show the sidebar' })).toBeVisible();
      },
      async leave({ page }) {
        await page.keyboard.press('Control+b');
      },
    },
  ],
};
