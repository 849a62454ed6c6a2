// Comparing logs: from a failed job, between any two of the history, by keys, and at a size nobody reads.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { type App, expect, test } from './app';
import { shell } from './states/steps';

/** Runs one command again and again, which prints what it is told to. */
async function runner(app: App) {
  const folder = await mkdtemp(join(tmpdir(), 'vmo-compare-'));
  const command = `cat ${folder}/log; exit $(cat ${folder}/code)`;
  return async (log: string, code = 0): Promise<string> => {
    await writeFile(join(folder, 'log'), log);
    await writeFile(join(folder, 'code'), String(code));
    await shell(app, command, code === 0 ? 'Done' : 'Error');
    return app.page.url().split('/').at(-1)!;
  };
}

const lines = (page: Page) => page.getByTestId('comparison');

test('what is new in a failed job is a click away, and the log is another', async ({
  app,
  page,
}) => {
  const run = await runner(app);
  await run('compile a 12:00:01\ncompile b 12:00:02\n');
  await run('compile b 12:01:00\ncompile a 12:02:00\nerror: no such file\n', 2);
  await app.button('What is new').click();
  await expect(page.getByText('1 new line of 3')).toBeVisible();
  await expect(lines(page).getByText('error: no such file')).toBeVisible();
  await app.button('Show the log').click();
  await expect(app.line('compile b 12:01:00')).toBeVisible();
  await page.keyboard.press('c');
  await expect(lines(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(lines(page)).toHaveCount(0);
  // What is ignored may count.
  await page.keyboard.press('c');
  await page.getByRole('button', { name: /^Ignored: 1 kind/ }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Times, 2' }).click();
  await page.keyboard.press('Escape');
  await expect(page.getByText('3 new lines of 3')).toBeVisible();
});

test('any two jobs of the history are compared, the earlier one first', async ({ app, page }) => {
  const run = await runner(app);
  const first = await run('one\ntwo is red\nthree\n');
  const second = await run('one\ntwo is green\nthree\nfour\n');
  await app.history();
  await page.locator(`tr[data-job="${second}"]`).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Compare with another…' }).click();
  await page.locator(`tr[data-job="${first}"] a`).click();
  await expect(page).toHaveURL(new RegExp(second));
  await expect(page.getByText('1 removed, 2 added')).toBeVisible();
  const changed = lines(page).locator('.bg-success-mark');
  await expect(changed).toHaveText(['green']);
  await expect(lines(page).getByText('Only here: four')).toBeAttached();
});

test('logs of hundreds of thousands of lines are compared, gone through, and unfolded', async ({
  app,
  page,
}) => {
  test.slow();
  const run = await runner(app);
  const log = (changed: number[]) =>
    Array.from({ length: 300_000 }, (_, at) =>
      changed.includes(at) ? `changed in ${changed.length}` : `a line x${at}x of a long log`,
    ).join('\n');
  await run(log([]));
  await run(log([10, 150_000, 299_990]), 2);
  await page.keyboard.press('c');
  await expect(page.getByText('3 new lines of 300,000')).toBeVisible({ timeout: 60_000 });
  await expect(lines(page).getByText('changed in 3')).toHaveCount(3);
  await page
    .getByRole('button', { name: /^… 149,983 equal lines, show 5,000/ })
    .first()
    .click();
  await expect(lines(page).getByText('a line x20x of')).toBeVisible();
  await page.keyboard.press('n');
  await expect(lines(page).getByText('a line x149999x of')).toBeVisible();
});
