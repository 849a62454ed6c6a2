// A command on a host, through a real sshd: its key is asked about first, and refused or accepted by hand.
import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { App, expect, test } from './app';
import { Home, Server } from './serve';
import { Sshd } from './sshd';

/** A window of a person whose SSH config names the host `web-1`, or these hosts, which are all one machine. */
async function withHost(
  page: Page,
  scenario: (app: App, sshd: Sshd) => Promise<void>,
  settings: string[] = [],
  ofServer: string[] = [],
  names = 'web-1',
): Promise<void> {
  const home = await Home.make();
  const sshd = await Sshd.start(join(home.root, 'sshd'), ofServer);
  await mkdir(join(home.root, 'home/.ssh'), { mode: 0o700 });
  await writeFile(
    join(home.root, 'ssh_config'),
    [
      `Host ${names}`,
      '  HostName 127.0.0.1',
      `  Port ${sshd.port}`,
      `  User ${userInfo().username}`,
      `  IdentityFile ${join(home.root, 'sshd/user')}`,
      `  UserKnownHostsFile ${join(home.root, 'known_hosts')}`,
      ...settings,
      '',
    ].join('\n'),
  );
  const server = await Server.start(home);
  try {
    await page.goto(server.served.url);
    await expect(page.getByTestId('store-state')).toHaveText('Logs kept in Postgres', {
      timeout: 60_000,
    });
    await scenario(new App(page), sshd);
  } finally {
    await server.stop();
    await sshd.stop();
    await home.remove();
  }
}

async function command(page: Page, line: string): Promise<void> {
  await page.getByRole('button', { name: 'Run a command…' }).first().click();
  await page.getByRole('textbox', { name: 'Command' }).fill(line);
  await page.getByRole('combobox', { name: 'Where' }).click();
  await page.getByRole('option', { name: 'web-1' }).click();
  await page.getByRole('button', { name: 'Run on web-1' }).click();
}

test('an unknown key is shown and asked about; no key press says yes; then the command runs', async ({
  page,
}) => {
  await withHost(page, async (app, sshd) => {
    await command(page, 'echo "from $0"; echo aside >&2; exit 4');
    const question = page.getByRole('dialog', { name: 'Is this the key of web-1?' });
    await expect(question.getByText(sshd.fingerprint)).toBeVisible();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await expect(question).toBeVisible();
    await question.getByRole('button', { name: 'Trust and connect' }).click();
    await expect(app.line(/from \S+/)).toBeVisible();
    await expect(app.line('aside').getByTitle('stderr')).toBeVisible();
    await expect(app.status).toHaveText('Error');
    await expect(page.getByTestId('reason')).toHaveText('Exit code 4.');
    // Known from now on.
    await command(page, 'echo again');
    await expect(app.line('again')).toBeVisible();
    await expect(app.status).toHaveText('Done');
  });
});

test('a refused key runs nothing', async ({ page }) => {
  await withHost(page, async (app) => {
    await command(page, 'echo ran');
    const question = page.getByRole('dialog', { name: 'Is this the key of web-1?' });
    await question.getByRole('button', { name: 'Do not connect' }).click();
    await expect(app.status).toHaveText('Unreachable');
    await expect(page.getByTestId('reason')).toBeVisible();
    await expect(app.line('ran')).toHaveCount(0);
  });
});

test('a command of the SSH config is shown and asked about; no key press allows it; then it is not asked again', async ({
  page,
}) => {
  const proxy = `exec 3<>/dev/tcp/%h/%p; cat <&3 & cat >&3; kill $! # \u202e`;
  await withHost(
    page,
    async (app) => {
      await command(page, 'echo "through $0"');
      const form = page.getByRole('dialog', { name: 'Run a command' });
      const question = page.getByRole('dialog', { name: 'Allow a command on this machine?' });
      await expect(question.getByTestId('consent-command')).toContainText(
        'exec 3<>/dev/tcp/%h/%p; cat <&3 & cat >&3; kill $! # ⟨U+202E⟩',
      );
      await expect(question.getByText(/ssh_config:\d+$/)).toBeVisible();
      await page.keyboard.press('Enter');
      await expect(question).toBeVisible();
      await question.getByRole('button', { name: 'Don’t run' }).click();
      await expect(question).toBeHidden();
      await form.getByRole('button', { name: 'Run on web-1' }).click();
      await question.getByRole('button', { name: 'Allow this command' }).click();
      await page.getByRole('button', { name: 'Trust and connect' }).click();
      await expect(app.line(/through \S+/)).toBeVisible();
      await expect(app.status).toHaveText('Done');
      await command(page, 'echo again');
      await expect(app.line('again')).toBeVisible();
    },
    [`  ProxyCommand bash -c '${proxy}'`],
  );
});

test('a saved command runs with one click', async ({ page }) => {
  await withHost(page, async (app) => {
    await page.getByRole('button', { name: /^web-1/ }).click();
    await page.getByRole('button', { name: 'uptime', exact: true }).click();
    await page.getByRole('button', { name: 'Trust and connect' }).click();
    await expect(app.line('load average')).toBeVisible();
    await expect(app.status).toHaveText('Done');
  });
});

test('the details say what a host printed before the command', async ({ page }) => {
  await withHost(
    page,
    async (app) => {
      await command(page, 'echo mine');
      await page.getByRole('button', { name: 'Trust and connect' }).click();
      await expect(app.line('mine')).toBeVisible();
      await expect(app.status).toHaveText('Done');
      await expect(app.line('Welcome to web-1')).toHaveCount(0);
      await page.getByRole('button', { name: 'Details' }).click();
      const notes = page.getByTestId('notes');
      await expect(notes).toContainText('The login shell printed before it: Welcome to web-1.');
      await expect(notes).toContainText(/Key exchange \S+, cipher \S+/);
    },
    [],
    ['ForceCommand echo Welcome to web-1; eval "$SSH_ORIGINAL_COMMAND"'],
  );
});

test('a shell opens on a host, from its menu, and has the keyboard once the key is answered for', async ({
  page,
}) => {
  await withHost(page, async (app) => {
    await page.getByRole('button', { name: /^web-1/ }).click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Open a shell' }).click();
    await page.getByRole('button', { name: 'Trust and connect' }).click();
    await expect(app.terminal).toContainText(/[#$%>]/);
    await expect(app.keyboard).toBeFocused();
    await page.keyboard.type('echo "$TERM $SSH_CONNECTION"\n');
    await expect(app.screen(/^xterm-256color 127\.0\.0\.1 /)).toBeVisible();
    await page.keyboard.type('exit 0\n');
    await expect(app.status).toHaveText('Done');
  });
});

test('on a host in production a dangerous command runs once its name is typed, and asks again', async ({
  page,
}) => {
  await withHost(page, async (app) => {
    await page.getByRole('button', { name: /^web-1/ }).click({ button: 'right' });
    await page.getByRole('menuitemcheckbox', { name: 'In production' }).click();
    await page.getByRole('button', { name: 'Run a command…' }).first().click();
    const form = page.getByRole('dialog', { name: 'Run a command' });
    await form.getByRole('textbox', { name: 'Command' }).fill('rm -rf /nowhere/at/all; echo gone');
    await form.getByRole('combobox', { name: 'Where' }).click();
    await page.getByRole('option', { name: 'web-1' }).click();
    await page.keyboard.press('Escape');
    await form.getByTestId('danger').getByRole('textbox').fill('web-1');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Trust and connect' }).click();
    await expect(app.line('gone')).toBeVisible();
    await expect(app.status).toHaveText('Done');
    const job = page.url();
    await page.keyboard.press('r');
    await expect(form.getByRole('button', { name: 'Run on web-1' })).toBeDisabled();
    await form.getByTestId('danger').getByRole('textbox').fill('web-1');
    await form.getByRole('button', { name: 'Run on web-1' }).click();
    await expect(page).not.toHaveURL(job);
    await expect(app.line('gone')).toBeVisible();
  });
});

test('a command on many hosts is one tab: who answered the same, who differs, and again on those that failed', async ({
  page,
}) => {
  const dead = ['Host gone', '  HostName 127.0.0.1', '  Port 1'];
  await withHost(
    page,
    async (app) => {
      // All three names are one machine, whose key is known from now on.
      await command(page, 'echo ready');
      await page.getByRole('button', { name: 'Trust and connect' }).click();
      await expect(app.status).toHaveText('Done');
      await page.getByRole('button', { name: 'Run a command…' }).first().click();
      const line =
        'echo "started $(date +%T)"; echo "version 1.$((VMO_RANK / 2)).0"; echo aside >&2';
      await page.getByRole('textbox', { name: 'Command' }).fill(line);
      await page.getByRole('combobox', { name: 'Where' }).click();
      for (const host of ['web-1', 'web-2', 'web-3', 'gone'])
        await page.getByRole('option', { name: host }).click();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Run on 4 hosts' }).click();

      await expect(app.status).toHaveText('Partial');
      await expect(page.getByTestId('counts')).toContainText(
        /2 the same\s*1 differ\s*1 unreachable/,
      );
      await expect(
        page.getByRole('navigation', { name: 'Open jobs' }).getByRole('link'),
      ).toHaveCount(2);
      const groups = page.getByRole('navigation', { name: 'Groups of answers' });
      await expect(groups.getByRole('button', { name: /^web-1, web-2/ })).toBeVisible();
      // What differs is open, and it is the version: the times are masked.
      const lines = page.getByTestId('difference');
      await expect(lines.getByText('Only in most others: version 1.0.0')).toBeAttached();
      await expect(lines.getByText('Only here: version 1.1.0')).toBeAttached();
      await expect(lines.getByText(/^Only .*started/)).toHaveCount(0);

      await page.getByRole('radio', { name: 'Table' }).click();
      await expect(page.getByRole('row').filter({ hasText: 'web-3' })).toContainText(
        'version 1.1.0',
      );
      await page.getByRole('textbox', { name: 'Filter hosts' }).fill('go');
      await expect(page.getByRole('row').filter({ hasText: 'web-3' })).toHaveCount(0);
      await expect(page.getByRole('row').filter({ hasText: 'gone' })).toContainText('Unreachable');

      // The tab is there after a reload, and what failed is run again alone.
      await page.reload();
      await expect(app.status).toHaveText('Partial');
      await page.getByRole('button', { name: /^Run again on gone/ }).click();
      await expect(app.status).toHaveText('Unreachable');
      await expect(page.getByTestId('reason')).toBeVisible();
    },
    dead,
    [],
    'web-1 web-2 web-3',
  );
});

test('all hosts are on a page: which answer, chosen and run on; one is added, and says what it is', async ({
  page,
}) => {
  await withHost(
    page,
    async (app, sshd) => {
      await page.getByRole('link', { name: 'All hosts' }).click();
      const row = (name: string) => page.locator(`tr[data-host="${name}"]`);
      await expect(row('web-1').getByText('Up')).toBeVisible();
      await expect(page.getByRole('button', { name: '3 up' })).toBeVisible();

      // Chosen by keys: the arrows move, Shift extends.
      await row('web-1').getByRole('link').focus();
      await page.keyboard.press('Space');
      await page.keyboard.press('Shift+ArrowDown');
      const chosen = page.getByRole('region', { name: '2 hosts selected' });
      await chosen.getByRole('button', { name: 'Tags…' }).click();
      await chosen.getByRole('textbox').fill('web @eu');
      await chosen.getByRole('button', { name: 'Add tags' }).click();
      await expect(row('web-2').getByText('@eu @web')).toBeVisible();
      await chosen.getByRole('button', { name: 'Run a command…' }).click();
      const form = page.getByRole('dialog', { name: 'Run a command' });
      await expect(form.getByRole('button', { name: 'Run on 2 hosts' })).toBeVisible();
      // All of them are asked about, as on the command line.
      await form.getByRole('textbox', { name: 'Command' }).fill('uptime');
      await form.getByRole('combobox', { name: 'Where' }).fill('*');
      await form.getByRole('button', { name: 'Run on 3 hosts' }).click();
      await expect(form.getByRole('button', { name: 'Yes, run on 3 hosts' })).toBeVisible();
      await expect(form.getByText('“*” means all 3 hosts. Run on them?')).toBeVisible();
      await page.keyboard.press('Escape');
      await page.getByRole('searchbox', { name: /^Find hosts/ }).fill('@eu web-2');
      await expect(page.getByRole('button', { name: '1 in all' })).toBeVisible();
      await expect(row('web-1')).toHaveCount(0);

      await page.getByRole('button', { name: 'Add a host…' }).click();
      const add = page.getByRole('dialog', { name: 'Add a host' });
      await add.getByLabel('Name').fill('extra');
      await add.getByLabel('Address').fill('127.0.0.1');
      await add.getByLabel('Port').fill('1');
      await add.getByRole('button', { name: 'Add host' }).click();
      await expect(add.getByTestId('answer')).toContainText('Down. Nothing listens at 127.0.0.1:1');
      await expect(add.getByRole('button', { name: 'Save anyway' })).toBeVisible();
      await add.getByLabel('Port').fill(String(sshd.port));
      // A real login: it asks what logins ask, and the form is behind that as it was.
      await add.getByLabel('Key').fill(sshd.key);
      await add.getByLabel('Tags').fill('mine');
      await add.getByRole('button', { name: 'Test the connection' }).click();
      await page.getByRole('button', { name: 'Trust and connect' }).click();
      await expect(add.getByTestId('answer')).toContainText('Logged in.');
      await add.getByRole('button', { name: 'Add host' }).click();
      await expect(add).toBeHidden();
      await page.getByRole('searchbox', { name: /^Find hosts/ }).fill('extra @mine');
      await expect(row('extra').getByText('Up')).toBeVisible();

      // What it says of itself is a job as every other.
      await page.goto(new URL('/hosts/web-1', page.url()).href);
      await page.getByRole('button', { name: 'Ask the host' }).click();
      await page.getByRole('button', { name: 'Trust and connect' }).click();
      await expect(page.getByTestId('facts').getByText(/^Linux /)).toBeVisible();
      await expect(page.getByTestId('host-jobs').getByRole('row')).toHaveCount(2);
      await page.getByRole('button', { name: 'Remove the tag eu' }).click();
      await expect(page.getByText('@eu')).toHaveCount(0);
      await page.reload();
      await expect(page.getByTestId('facts').getByText(/^Linux /)).toBeVisible();
    },
    [],
    [],
    'web-1 web-2 web-3',
  );
});
