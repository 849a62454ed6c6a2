// A job's log beside those of earlier runs: what is new, line by line, and nothing to compare.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import type { Place, Stage } from '../states';
import { over, shell } from './steps';

/** What a build prints at one time of the day, in minutes. */
function build(minute: number, changed: string[]): string {
  const time = `14:${minute.toString().padStart(2, '0')}`;
  const compiled = Array.from(
    { length: 60 },
    (_, at) => `${time}:0${at % 10} compile module_${at}`,
  );
  return [...compiled, ...changed, `${time}:59 linked in ${minute * 7} ms`, ''].join('\n');
}

/** Runs the build of which everybody's log is one; it always has the same command. */
async function run({ app, world }: Stage, log: string, code: number): Promise<void> {
  await writeFile(join(world.home.root, 'home/build.log'), log);
  await writeFile(join(world.home.root, 'home/code'), String(code));
  await shell(app, 'cat ~/build.log; exit $(cat ~/code)', code === 0 ? 'Done' : 'Error');
}

export const comparison: Place = {
  name: 'a log beside others',
  which: 'own',
  states: [
    {
      name: 'compare-nothing-to-compare-with',
      async reach(stage) {
        await run(stage, build(1, ['error: no rule for module_7']), 2);
        await stage.app.button('What is new').click();
        await expect(stage.page.getByText('No earlier run of this ended well')).toBeVisible();
      },
    },
    {
      name: 'compare-new-lines',
      small: true,
      main: true,
      async reach(stage) {
        await run(stage, build(2, ['warning: module_3 is old', 'tests: 41 passed']), 0);
        await run(stage, build(3, ['warning: module_3 is old', 'tests: 41 passed']), 0);
        const failed = [
          'warning: module_3 is old',
          'warning: module_8 is old, and nobody has looked at it since it was moved here',
          'error: module_9 does not fit module_8',
          'tests: 40 passed, 1 failed',
        ];
        await run(stage, build(4, failed), 2);
        await stage.app.button('What is new').click();
        const lines = stage.page.getByTestId('comparison');
        await expect(lines.getByText('module_9 does not fit')).toBeVisible();
        await expect(stage.page.getByText('3 new lines of 65')).toBeVisible();
      },
    },
    {
      name: 'compare-line-by-line',
      small: true,
      async reach({ page }) {
        await page.getByRole('radio', { name: 'Line by line' }).click();
        await expect(page.getByText('1 removed, 3 added')).toBeVisible();
        await expect(page.getByTestId('comparison').getByText('tests: 41 passed')).toBeVisible();
      },
    },
    over('compare-what-is-ignored', async ({ page }) => {
      await page.getByRole('button', { name: /^Ignored: \d kinds/ }).click();
      await expect(page.getByRole('menuitemcheckbox', { name: /^Times, \d+/ })).toBeVisible();
    }),
    over('compare-with-which', async ({ page }) => {
      await page.getByRole('combobox', { name: /^beside/ }).click();
      await expect(page.getByRole('option', { name: /^Done, Today/ }).first()).toBeVisible();
    }),
    {
      name: 'job-that-failed-as-before',
      small: true,
      async reach(stage) {
        const { app, page } = stage;
        await page.getByRole('button', { name: 'Add a note' }).click();
        const note = page.getByRole('textbox', { name: 'Note' });
        await note.fill('module_9 wants a newer module_8: make clean first.');
        await note.press('Enter');
        await run(stage, build(5, ['tests: 41 passed']), 0);
        await run(stage, build(6, ['error: module_9 does not fit module_8']), 2);
        const failure = page.getByTestId('failure');
        await expect(failure).toContainText('Back again · seen once before, today');
        await expect(failure).toContainText('make clean first');
        await expect(app.line('error: module_9')).toBeVisible();
      },
    },
    {
      name: 'history-a-second-job-is-chosen',
      small: true,
      async reach({ app, page }) {
        await app.history();
        const row = page.locator('tr[data-job]').first();
        await row.click({ button: 'right' });
        await page.getByRole('menuitem', { name: 'Compare with another…' }).click();
        await expect(page.getByText(/^Click the job that/)).toBeVisible();
      },
      async leave({ page }) {
        await page.getByRole('button', { name: 'Cancel', exact: true }).click();
      },
    },
  ],
};
