// The launch form: of a target, of a command, and when it asks first.
import { expect } from '@playwright/test';
import type { Place } from '../states';
import { commandForm, escape, over, targetForm, unfold } from './steps';

export const launch: Place = {
  name: 'launch form',
  which: 'own',
  states: [
    over('launch-plain-target', async ({ app }) => {
      await app.unfold();
      const form = await targetForm(app, 'hello');
      await expect(form.getByTestId('line')).toContainText('make hello');
    }),
    {
      name: 'launch-variables-of-every-kind',
      small: true,
      main: true,
      async reach({ app, page }) {
        await unfold(page, 'shop');
        const form = await targetForm(app, 'show');
        await expect(form.getByText('Required: NAME')).toBeVisible();
      },
    },
    over('launch-choice-of-presets', async ({ page }) => {
      await page.getByRole('button', { name: 'Presets' }).click();
      await page.getByRole('menuitem', { name: 'Save as a preset…' }).click();
      await page.keyboard.type('prod eu');
      await page.keyboard.press('Enter');
      const values = page.getByRole('combobox', { name: 'Values: prod eu' });
      await expect(values).toBeFocused();
      await values.click();
      await expect(page.getByRole('option', { name: 'prod eu' })).toBeVisible();
    }),
    {
      name: 'launch-name-of-a-preset',
      async reach({ app, page }) {
        await targetForm(app, 'show');
        await page.getByRole('button', { name: 'Presets' }).click();
        await page.getByRole('menuitem', { name: 'Save as a preset…' }).click();
        await page.keyboard.type('prod us');
      },
      leave: ({ page }) => page.keyboard.press('Escape'),
    },
    {
      name: 'launch-filled-with-its-recipe',
      small: true,
      async reach({ app, page }) {
        const form = page.getByRole('dialog', { name: 'Run show' });
        if ((await form.count()) === 0) await targetForm(app, 'show');
        await form.getByRole('radio', { name: 'dev' }).click();
        await form.getByLabel('KEY', { exact: true }).fill('hunter2');
        await form.getByRole('textbox', { name: 'NAME' }).fill('$HOME `id` "q"');
        await form.getByRole('button', { name: /^Recipe/ }).click();
        await expect(form.getByRole('region', { name: 'Recipe' })).toBeVisible();
      },
    },
    over('launch-refused', async ({ page }) => {
      const form = page.getByRole('dialog', { name: 'Run show' });
      await form.getByRole('button', { name: /^Recipe/ }).click();
      await form.getByRole('button', { name: 'Options' }).click();
      await form.getByRole('textbox', { name: 'More targets' }).fill('build A=b');
      await form.getByRole('button', { name: 'Add a variable' }).click();
      await form.getByLabel('Name of the added variable').fill('1st');
      await expect(form.getByText('A name is letters, digits and _')).toBeVisible();
      await expect(form.getByText(/would set a variable/)).toBeVisible();
    }),
    over('launch-danger', async ({ app }) => {
      await app.target('destroy').click();
      await expect(app.page.getByTestId('danger')).toBeVisible();
    }),
    over(
      'launch-danger-in-production',
      async ({ app, page }) => {
        await page.getByRole('button', { name: /^web-2/ }).click({ button: 'right' });
        const production = page.getByRole('menuitemcheckbox', { name: 'In production' });
        if ((await production.getAttribute('aria-checked')) === 'false') await production.click();
        await escape({ page } as Parameters<typeof escape>[0]);
        const form = await targetForm(app, 'wipe');
        await form.getByRole('combobox', { name: 'HOST' }).click();
        await page.getByRole('option', { name: 'web-2 production' }).click();
        await form.getByTestId('danger').getByRole('textbox').fill('web-1');
        await expect(form.getByRole('button', { name: 'Run wipe on web-2' })).toBeDisabled();
      },
      true,
    ),
    {
      name: 'launch-on-a-host-that-always-asks',
      small: true,
      async reach({ app, page, world }) {
        await world.home.vmo('hosts', 'mark', 'cache-1', 'always');
        await expect(page.getByRole('button', { name: /^cache-1 always asks/ })).toBeVisible();
        const form = await commandForm(app, 'uptime');
        await form.getByRole('combobox', { name: 'Where' }).click();
        await page.getByRole('option', { name: 'cache-1 always asks' }).click();
        await page.keyboard.press('Escape');
        await expect(form.getByTestId('asking')).toContainText('cache-1 always asks');
      },
      async leave({ page, world }) {
        await escape({ page } as Parameters<typeof escape>[0]);
        await world.home.vmo('hosts', 'mark', 'cache-1', 'none');
      },
    },
    over('launch-command-that-deceives', async ({ app }) => {
      const hidden = `echo safe # \u202e;rm -rf / ohce\u202c${' '.repeat(3000)}\u200b`;
      const form = await commandForm(app, hidden + '; true '.repeat(100));
      await expect(form.getByTestId('deceptive')).toBeVisible();
      await expect(form.getByRole('button', { name: /more lines$/ })).toBeVisible();
    }),
    {
      name: 'launch-command-choosing-hosts',
      async reach({ app, page }) {
        const form = await commandForm(app, 'uptime');
        await form.getByRole('combobox', { name: 'Where' }).click();
        await page.getByRole('option', { name: 'web-1' }).click();
        await page.getByRole('option', { name: 'web-2 production' }).click();
        await page.getByRole('option', { name: 'db-1' }).hover();
      },
    },
    {
      name: 'launch-command-on-hosts',
      small: true,
      async reach({ page }) {
        await page.keyboard.press('Escape');
        await expect(page.getByText('Starts one job on each.')).toBeVisible();
      },
    },
    over('launch-command-danger-confirmed', async ({ page }) => {
      const form = page.getByRole('dialog', { name: 'Run a command' });
      await form.getByRole('textbox', { name: 'Command' }).fill('rm -rf /srv/old');
      // Two names of one machine: the mark is the machine's.
      await form.getByTestId('danger').getByRole('textbox').fill('web-1 web-2');
      await expect(form.getByRole('img', { name: 'The name matches' })).toBeVisible();
    }),
  ],
};
