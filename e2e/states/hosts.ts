// Commands on hosts: what is asked first, and how they end.
import { expect } from '@playwright/test';
import type { App } from '../app';
import type { Place } from '../states';
import { cancel, commandForm, targetForm, unfold } from './steps';

/** Fills in a command for hosts, and runs it. */
async function on(app: App, hosts: string[], command: string, asRoot = false): Promise<void> {
  const form = await commandForm(app, command);
  await form.getByRole('combobox', { name: 'Where' }).click();
  for (const host of hosts) await app.page.getByRole('option', { name: host }).click();
  await app.page.keyboard.press('Escape');
  if (asRoot) await form.getByRole('switch', { name: 'As root' }).click();
  await form.getByRole('button', { name: /^Run on / }).click();
}

export const hosts: Place = {
  name: 'commands on hosts',
  which: 'own',
  states: [
    {
      name: 'host-key-asked-about',
      small: true,
      async reach({ app, page }) {
        await on(app, ['web-1'], 'echo "from $(uname -n)"; echo aside >&2; exit 4');
        await expect(page.getByRole('dialog', { name: 'Is this the key of web-1?' })).toBeVisible();
      },
      async leave({ page }) {
        await page.getByRole('button', { name: 'Trust and connect' }).click();
      },
    },
    {
      name: 'host-command-failed',
      async reach({ app, page }) {
        await expect(app.status).toHaveText('Error');
        await expect(page.getByTestId('reason')).toHaveText('Exit code 4.');
      },
    },
    {
      name: 'host-unreachable',
      async reach({ app, page }) {
        await on(app, ['db-1'], 'uptime');
        await expect(page.getByRole('main').getByText('db-1').first()).toBeVisible();
        await expect(app.status).toHaveText('Unreachable');
        await expect(page.getByTestId('reason')).toBeVisible();
      },
    },
    {
      name: 'host-command-to-allow',
      small: true,
      async reach({ app, page }) {
        await on(app, ['vault-1'], 'uptime');
        await expect(
          page.getByRole('dialog', { name: 'Allow a command on this machine?' }),
        ).toBeVisible();
      },
      async leave({ page }) {
        await page.getByRole('button', { name: 'Don’t run' }).click();
        await page.keyboard.press('Escape');
        await expect(page.getByRole('dialog')).toHaveCount(0);
      },
    },
    {
      name: 'host-copied-as-command',
      small: true,
      async reach({ page }) {
        await page
          .getByRole('button', { name: /^More for /, expanded: false })
          .last()
          .click();
        await expect(page.getByRole('menuitem', { name: 'Copy as vmo command' })).toBeVisible();
      },
      async leave({ page }) {
        await page.keyboard.press('Escape');
      },
    },
    {
      name: 'host-keys-in-one-list',
      small: true,
      async reach({ app, page }) {
        await on(app, ['new-1', 'new-2'], 'echo hello');
        await expect(
          page.getByRole('dialog', { name: 'Are these the keys of 2 hosts?' }),
        ).toBeVisible();
      },
      async leave({ page }) {
        await page.getByRole('button', { name: 'Connect to none' }).click();
        await expect(page.getByRole('dialog')).toHaveCount(0);
      },
    },
    {
      name: 'host-password-of-sudo',
      small: true,
      async reach({ app, page }) {
        await on(app, ['web-1', 'web-2'], 'systemctl restart nginx', true);
        await expect(page.getByRole('dialog', { name: /^Run as root on web-/ })).toBeVisible();
      },
      async leave({ app, page }) {
        await page.getByRole('button', { name: 'Do not run' }).click();
        await expect(page.getByRole('dialog')).toHaveCount(0);
        await expect(app.status).toHaveText('Error');
      },
    },
    {
      name: 'target-on-hosts',
      small: true,
      async reach({ app, page }) {
        await unfold(page, 'shop');
        const form = await targetForm(app, 'build');
        await form.getByRole('combobox', { name: 'Run on' }).click();
        for (const host of ['web-1', 'web-2', 'db-1'])
          await page.getByRole('option', { name: host }).click();
        await page.keyboard.press('Escape');
        await form.getByRole('button', { name: 'Look on 3 hosts' }).click();
        const found = form.getByTestId('checkouts');
        await expect(found).toContainText('the commit here');
        await found.scrollIntoViewIfNeeded();
        await expect(form.getByRole('button', { name: 'Run build on 2 of 3 hosts' })).toBeEnabled();
      },
      async leave({ page }) {
        await page.getByRole('button', { name: 'Run build on 2 of 3 hosts' }).click();
      },
    },
    {
      name: 'batch-of-a-target',
      async reach({ app, page }) {
        await expect(app.status).toHaveText('Error');
        // The host that was not reached is a group of its own, and the first to differ.
        await page
          .getByRole('navigation', { name: 'Groups of answers' })
          .getByRole('button', { name: /web-1/ })
          .click();
        await expect(page.getByTestId('difference')).toContainText('cannot find name total');
      },
    },
    {
      name: 'batch-running',
      async reach({ app, page }) {
        await on(app, ['web-1', 'web-2', 'db-1'], 'echo "worker $VMO_RANK is ready"; sleep 300');
        await expect(page.getByTestId('counts')).toHaveText(/2 running\s*1 unreachable/);
        await expect(page.getByText('worker 1 is ready')).toBeVisible();
      },
      async leave({ app, page }) {
        await page.keyboard.press('Control+.');
        await expect(app.status).toHaveText('Canceled');
      },
    },
    {
      name: 'batch-grouped',
      small: true,
      main: true,
      async reach({ app, page }) {
        const lines = 'i=0; while [ $i -lt 20 ]; do i=$((i + 1)); echo "setting $i is on"; done';
        const command = `${lines}; echo "nginx version: nginx/1.2$VMO_RANK.4"; ${lines}`;
        await on(app, ['web-1', 'web-2', 'db-1'], command);
        await expect(app.status).toHaveText('Partial');
        await expect(page.getByTestId('difference').getByText('1.21.4')).toBeVisible();
      },
    },
    {
      name: 'batch-table',
      small: true,
      async reach({ page }) {
        await page.keyboard.press('t');
        await expect(page.getByRole('row').filter({ hasText: 'web-2' })).toBeVisible();
      },
    },
    {
      name: 'batch-by-time',
      small: true,
      async reach({ page }) {
        await page.keyboard.press('l');
        await expect(page.getByTestId('merged')).toContainText('setting 20 is on');
      },
    },
    {
      name: 'batch-changed-since-last-time',
      small: true,
      async reach({ app, page }) {
        // Letters by chance, which no mask takes for a number.
        const command =
          'echo "build $(od -An -N4 -tx1 /dev/urandom | tr -d " \\n" | tr 0-9a-f g-v)"';
        for (let times = 0; times < 2; times += 1) {
          await on(app, ['web-1', 'web-2', 'db-1'], command);
          await expect(app.status).toHaveText('Partial');
        }
        await page.keyboard.press('t');
        await expect(page.getByText(/2 changed since/)).toBeVisible();
      },
    },
    {
      name: 'host-one-of-a-batch',
      async reach({ app, page }) {
        await page.getByRole('link', { name: 'web-2', exact: true }).click();
        await expect(app.button('Show the whole batch')).toBeVisible();
      },
    },
    {
      name: 'history-of-a-batch',
      async reach({ app, page }) {
        await app.button('Show the whole batch').click();
        await page
          .getByRole('main')
          .getByRole('button', { name: /^More for / })
          .click();
        await page.getByRole('menuitem', { name: 'Show its jobs in History' }).click();
        await expect(page.locator('tr[data-job]')).toHaveCount(3);
        await expect(
          page.locator('tr[data-job]').filter({ hasText: /Running|Queued/ }),
        ).toHaveCount(0);
      },
      async leave({ page }) {
        await page.getByRole('button', { name: 'Clear filters' }).first().click();
      },
    },
    {
      name: 'hosts-page',
      small: true,
      main: true,
      async reach({ page }) {
        await page.getByRole('link', { name: 'All hosts' }).click();
        await expect(page.getByText('Not checked')).toHaveCount(0);
        await expect(page.getByText('Checking…')).toHaveCount(0);
      },
    },
    {
      name: 'hosts-selected',
      small: true,
      async reach({ page }) {
        await page.getByRole('checkbox', { name: 'Select web-1' }).click();
        await page.getByRole('checkbox', { name: 'Select web-2' }).click();
        await page.getByRole('button', { name: 'Tags…' }).click();
      },
      async leave({ page }) {
        await page.getByRole('button', { name: 'Clear', exact: true }).click();
      },
    },
    {
      name: 'host-page',
      small: true,
      main: true,
      async reach({ page }) {
        await page.getByRole('main').getByRole('link', { name: 'web-1', exact: true }).click();
        await page.getByRole('button', { name: /^Ask (again|the host)$/ }).click();
        await expect(page.getByTestId('facts')).toBeVisible();
        await expect(page.getByRole('button', { name: 'Ask again' })).toBeEnabled();
      },
    },
    {
      name: 'hosts-imported',
      small: true,
      async reach({ page }) {
        await page.getByRole('link', { name: 'All hosts' }).click();
        await page.getByRole('button', { name: 'Import…' }).click();
        const form = page.getByRole('dialog', { name: 'Import hosts' });
        await form.getByRole('radio', { name: 'A command' }).click();
        const inventory =
          '{"_meta":{"hostvars":{"lab-1":{"ansible_host":"10.9.8.7"}}},"lab":{"hosts":["lab-1"]}}';
        await form.getByRole('textbox', { name: 'Command' }).fill(`echo '${inventory}'`);
        await form.getByRole('button', { name: 'Run it and import' }).click();
        await expect(form.getByTestId('imported')).toContainText('1 more host from there.');
      },
      async leave({ page }) {
        await page.getByRole('button', { name: 'Close', exact: true }).last().click();
      },
    },
    {
      name: 'host-for-ssh-too',
      small: true,
      async reach({ page, world }) {
        await world.home.vmo('hosts', 'add', 'own-1', '127.0.0.1:1', '--tag', 'lab');
        await page.getByRole('link', { name: 'All hosts' }).click();
        await page.getByRole('main').getByRole('link', { name: 'own-1', exact: true }).click();
        await page.getByRole('button', { name: 'Add to ~/.ssh/config…' }).click();
        await expect(page.getByRole('dialog')).toContainText('Include');
      },
      async leave({ page, world }) {
        await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
        await world.home.vmo('hosts', 'rm', 'own-1');
      },
    },
    {
      name: 'hosts-with-saved-sets',
      small: true,
      async reach({ page, world }) {
        await world.home.vmo('hosts', 'set', 'canary', 'web-*,!web-2');
        await world.home.vmo('hosts', 'set', 'all-but-the-database', 'web-*,cache-*,new-*,!db-*');
        await page.getByRole('link', { name: 'All hosts' }).click();
        const sets = page.getByRole('list', { name: 'Saved sets' });
        await expect(sets.getByRole('button', { name: /^@canary/ })).toBeVisible();
      },
      async leave({ world }) {
        for (const name of ['canary', 'all-but-the-database'])
          await world.home.vmo('hosts', 'set', name, '--remove');
      },
    },
    {
      name: 'host-added',
      small: true,
      async reach({ page }) {
        await page.getByRole('link', { name: 'All hosts' }).click();
        await page.getByRole('button', { name: 'Add a host…' }).click();
        const form = page.getByRole('dialog', { name: 'Add a host' });
        await form.getByLabel('Name').fill('cache-2');
        await form.getByLabel('Address').fill('127.0.0.1');
        await form.getByLabel('Port').fill('1');
        await form.getByRole('button', { name: 'Test the connection' }).click();
        await expect(form.getByTestId('answer')).toContainText('Not logged in.');
      },
      async leave({ page }) {
        await page.getByRole('button', { name: 'Close', exact: true }).last().click();
      },
    },
  ],
};

export const login: Place = {
  name: 'login that waits',
  which: 'own',
  states: [
    {
      name: 'host-key-to-touch',
      small: true,
      async reach({ app, page }) {
        await on(app, ['safe-1'], 'uptime');
        await expect(app.status).toHaveText('Queued');
        await expect(page.getByTestId('waits')).toHaveText(
          /^Waiting: a touch of the security key .*yubikey-5c.*, for safe-1\.$/,
        );
        await expect(page.getByText(/^Touch your security key/)).toBeVisible();
      },
      leave: ({ app }) => cancel(app),
    },
  ],
};
