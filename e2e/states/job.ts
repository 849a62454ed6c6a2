// A job's page: while it runs, after each kind of end, and with its details and notes.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import type { App } from '../app';
import type { Place, Stage } from '../states';
import { cancel, commandForm, demo, over, shell, targetForm, unfold } from './steps';

export const running: Place = {
  name: 'job that goes on',
  which: 'own',
  states: [
    {
      name: 'job-running-followed',
      small: true,
      main: true,
      async reach({ app, page }) {
        await demo(app, 'logs', 'Running');
        await expect(page.getByText('Following')).toBeVisible();
        await expect(app.log.locator('[data-line="40"]')).toBeVisible();
      },
    },
    {
      name: 'job-running-paused',
      small: true,
      async reach({ app, page }) {
        await app.log.hover();
        await page.mouse.wheel(0, -400);
        await expect(page.getByRole('button', { name: /^Paused — \d+ new/ })).toBeVisible();
      },
    },
    {
      name: 'job-canceled',
      async reach({ app }) {
        await cancel(app);
      },
    },
    {
      name: 'job-waits-for-input',
      small: true,
      async reach({ app, page }) {
        await demo(app, 'ask', 'Waits for input');
        await expect(app.line('Enter a value:')).toBeVisible();
        await page.getByRole('textbox', { name: 'Input for the job' }).fill('forty-two');
      },
      leave: ({ app }) => cancel(app),
    },
    {
      name: 'job-silent-so-far',
      async reach({ app, page }) {
        await shell(app, 'sleep 100', 'Running');
        await expect(page.getByText('No output yet.')).toBeVisible();
      },
      leave: ({ app }) => cancel(app),
    },
    {
      name: 'job-queued',
      async reach({ app, page }) {
        await unfold(page, 'shop');
        await hold(app);
        await expect(app.status).toHaveText('Running');
        await hold(app);
        await expect(app.status).toHaveText('Queued');
        await expect(page.getByTestId('waits')).toBeVisible();
      },
      async leave({ app, page }) {
        await cancel(app);
        await page.goBack();
        await expect(app.status).toHaveText('Running');
        await cancel(app);
      },
    },
    {
      name: 'job-silent',
      small: true,
      async reach({ app, page, world }) {
        const pause = join(world.home.root, 'pause');
        const line = `echo begin; sleep $(cat ${pause})`;
        for (const seconds of ['0.1', '0.2', '0.3', '1000']) {
          await writeFile(pause, seconds);
          await shell(app, line, seconds === '1000' ? 'Running' : 'Done');
        }
        await expect(app.line('begin')).toBeVisible();
        // A minute and a half later, as the page's clock has it.
        await page.evaluate(() => {
          const now = Date.now.bind(Date);
          Date.now = () => now() + 90_000;
        });
        await expect(page.getByTestId('silent-for')).toHaveText(
          /^No output for 1:3\d\. Earlier runs were usually silent for at most \d/,
        );
      },
      async leave({ app, page }) {
        await cancel(app);
        // The page has its own clock again.
        await page.reload();
        await expect(app.status).toHaveText('Canceled');
      },
    },
    {
      name: 'job-canceling',
      small: true,
      async reach({ app }) {
        await shell(
          app,
          `trap 'echo "not yet"' INT TERM; echo ready; while :; do sleep 0.2; done`,
          'Running',
        );
        await expect(app.line('ready')).toBeVisible();
        await app.button('Cancel').click();
        await expect(app.button('Force')).toBeVisible();
        await expect(app.status).toHaveText('Canceling');
        await expect(app.page.getByTestId('canceling')).toHaveText(/^(INT, TERM|TERM, KILL) in/);
      },
      async leave({ app }) {
        await app.button('Force').click();
        await expect(app.status).toHaveText('Canceled');
      },
    },
  ],
};

export const endings: Place = {
  name: 'job that is over',
  which: 'own',
  states: [
    {
      name: 'job-done',
      small: true,
      async reach({ app }) {
        await demo(app, 'status', 'Done');
        await expect(app.line('5 machines')).toBeVisible();
      },
    },
    {
      name: 'job-failed',
      small: true,
      main: true,
      async reach({ app, page }) {
        await unfold(page, 'shop');
        const form = await targetForm(app, 'build');
        await form.getByRole('button', { name: 'Run build' }).click();
        await expect(app.status).toHaveText('Error');
        await page.reload();
        await expect(page.getByTestId('errors')).toContainText('1 of');
      },
    },
    {
      name: 'job-timed-out',
      async reach({ app, page }) {
        await app.target('slow').click();
        await expect(page.getByRole('heading', { level: 1, name: 'slow' })).toBeVisible();
        await expect(page.getByTestId('reason')).toContainText(/timed out/i);
      },
    },
    {
      name: 'job-could-not-start',
      async reach({ app, page }) {
        const form = await commandForm(app, 'uptime');
        await form.getByRole('textbox', { name: 'Folder' }).fill('/nowhere/at/all');
        await form.getByRole('button', { name: 'Run on this machine' }).click();
        await expect(app.status).toHaveText('Error');
        await expect(page.getByTestId('reason')).toContainText('/nowhere/at/all');
        await expect(page.getByText('Never started.')).toBeVisible();
      },
    },
    {
      name: 'job-killed-by-a-signal',
      async reach({ app }) {
        await shell(app, 'echo so far so good; kill -9 $$', 'Error');
      },
    },
    {
      name: 'job-lost',
      async reach(stage) {
        await shell(stage.app, 'echo here; sleep 100', 'Running');
        await expect(stage.app.line('here')).toBeVisible();
        await lose(stage);
        await expect(stage.app.status).toHaveText('Lost');
      },
    },
    {
      name: 'job-that-left-something-running',
      async reach({ app, page }) {
        await shell(app, 'setsid sleep 15 >/dev/null 2>&1 & echo started', 'Done');
        await expect(page.getByTestId('survivors')).toBeVisible();
      },
    },
    {
      name: 'job-that-wrote-nothing',
      async reach({ app, page }) {
        await shell(app, 'true', 'Done');
        await expect(page.getByText('No output.')).toBeVisible();
      },
    },
    {
      name: 'job-that-is-not-there',
      async reach({ page }) {
        const { origin } = new URL(page.url());
        await page.goto(`${origin}/job/01890000-0000-7000-8000-000000000000`);
        await expect(page.getByRole('heading', { name: 'This job cannot be shown' })).toBeVisible();
      },
    },
  ],
};

/** Starts an exclusive target that runs until it is canceled. */
async function hold(app: App): Promise<void> {
  const form = await targetForm(app, 'hold');
  await form.getByRole('button', { name: 'Run hold' }).click();
  await expect(form).toHaveCount(0);
}

/** Kills the supervisor of the job on the page, as a machine short of memory would. */
async function lose({ page, world }: Stage): Promise<void> {
  const id = page.url().split('/').at(-1)!;
  const path = join(world.home.root, 'data/jobs', id, 'supervisor.json');
  const { supervisor } = JSON.parse(await readFile(path, 'utf8')) as {
    supervisor: { pid: number };
  };
  process.kill(supervisor.pid, 'SIGKILL');
}

export const job: Place = {
  name: 'what is known of a job',
  which: 'own',
  states: [
    {
      name: 'job-with-a-sparkline',
      async reach({ app, page }) {
        for (let time = 0; time < 3; time++) await again(app);
        await expect(page.getByTestId('sparkline')).toBeVisible();
      },
    },
    {
      name: 'target-with-durations',
      small: true,
      async reach({ page }) {
        await page
          .getByRole('main')
          .getByRole('button', { name: /^More for / })
          .click();
        await page.getByRole('menuitem', { name: 'Runs and durations' }).click();
        await expect(page.getByTestId('durations')).toBeVisible();
        await expect(page.getByRole('button', { name: 'Run with As last time' })).toBeVisible();
      },
      async leave({ page }) {
        await page.goBack();
        await expect(page.getByTestId('sparkline')).toHaveCount(1);
      },
    },
    {
      name: 'job-details',
      small: true,
      async reach({ page }) {
        await page.getByRole('button', { name: 'Details' }).click();
        await expect(page.getByLabel('Details', { exact: true })).toBeVisible();
      },
    },
    {
      name: 'job-environment',
      async reach({ page }) {
        await page.getByText('would change make').scrollIntoViewIfNeeded();
      },
      async leave({ page }) {
        await page.getByRole('button', { name: 'Details' }).click();
      },
    },
    {
      name: 'job-note-being-written',
      async reach({ page }) {
        await page.getByRole('button', { name: 'Add a note' }).click();
        const note = page.getByRole('textbox', { name: 'Note' });
        await note.fill('The last one before the move.');
        await note.press('Shift+Enter');
        await note.pressSequentially('The next ones run on the new machines.');
      },
    },
    {
      name: 'job-pinned-with-a-note',
      small: true,
      async reach({ page }) {
        await page.getByRole('textbox', { name: 'Note' }).press('Enter');
        await page.getByRole('button', { name: 'Pin this job' }).click();
        await expect(page.getByRole('button', { name: 'Unpin this job' })).toBeVisible();
        await expect(page.getByTestId('note')).toContainText('before the move');
      },
    },
    over('job-again-with-changes', async ({ app, page }) => {
      await app.button('Run again with changes').click();
      await expect(page.getByRole('combobox', { name: /As in that job/ })).toBeVisible();
    }),
    over(
      'job-again-that-is-not-ours',
      async ({ app, page, world }) => {
        // As if somebody else wrote the job into the database.
        await rm(join(world.home.root, 'data/started'));
        await app.button(/^Run again( R)?$/).click();
        const dialog = page.getByRole('dialog', { name: 'Run a job that you did not start?' });
        await expect(dialog.getByTestId('argv')).toContainText('"hello"');
      },
      true,
    ),
  ],
};

async function again(app: App): Promise<void> {
  await demo(app, 'hello', 'Done');
}
