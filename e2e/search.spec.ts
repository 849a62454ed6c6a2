// Looking in every log: hits below their job as they come, by keys and by the palette, and what cannot be looked for.
import type { Page } from '@playwright/test';
import { type App, expect, test } from './app';

/** Runs a shell command here, and waits until it is over. */
async function shell(app: App, script: string, status = 'Done'): Promise<string> {
  await app.shell(script);
  await expect(app.status).toHaveText(status);
  return app.page.url().split('/').at(-1)!;
}

/** A word that no earlier try has printed. */
const fresh = () => `w${Date.now().toString(36)}${Math.floor(Math.random() * 1e6).toString(36)}`;

const field = (page: Page) => page.getByRole('textbox', { name: 'Search in every log' });
const hits = (page: Page) => page.locator('[data-hit]');

async function search(page: Page, text: string): Promise<void> {
  await field(page).fill(text);
  await field(page).press('Enter');
}

test('hits hang below their job, and a click opens the log there', async ({ app, page }) => {
  const word = fresh();
  const [start, rest] = [word.slice(0, 3), word.slice(3)];
  const job = await shell(app, `seq -f 'a ${word} %.0f on the beach' 400`);
  await shell(app, `printf 'one \\033[31m${start}\\033[0m${rest} more\\n'`);
  await app.history();
  await search(page, word.toUpperCase());
  await expect(page.getByTestId('found')).toContainText(/401 hits in 2 (of \d+ )?jobs/);
  // The newest one first; of the other three lines, and how many more.
  await expect(hits(page)).toHaveCount(4);
  await expect(hits(page).first()).toContainText(`one ${word} more`);
  await expect(hits(page).first().locator('mark')).toHaveText([start, rest]);
  await expect(page.locator(`tr[data-job="${job}"]`)).toContainText('400 hits');
  await hits(page).nth(2).click();
  await expect(page).toHaveURL(new RegExp(job));
  const bar = page.getByRole('search', { name: 'Find in the log' });
  await expect(bar.getByRole('textbox')).toHaveValue(word.toUpperCase());
  await expect(bar.getByTestId('hits')).toHaveText('2 / 400');
  // What was found is still there, and more of the same job is a click away.
  await app.history();
  await page.getByRole('button', { name: '397 more lines in this job' }).click();
  await expect(bar.getByTestId('hits')).toHaveText('4 / 400');
});

test('what was found is gone through by keys', async ({ app, page }) => {
  const word = fresh();
  const job = await shell(app, `seq -f '${word} %.0f' 2`);
  await app.history();
  await page.keyboard.press('/');
  await page.keyboard.type(word);
  await page.keyboard.press('Enter');
  await expect(hits(page)).toHaveCount(2);
  for (let time = 0; time < 3; time++) await page.keyboard.press('ArrowDown');
  await expect(hits(page).nth(1)).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(hits(page).first()).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(job));
  await expect(app.line(`${word} 1`).locator('mark.current')).toBeVisible();
  await app.history();
  await page.keyboard.press('Control+f');
  await expect(field(page)).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(hits(page)).toHaveCount(0);
  await expect(page.locator(`tr[data-job="${job}"]`)).toBeVisible();
});

test('filters narrow what is searched, and the palette searches', async ({ app, page }) => {
  const word = fresh();
  await shell(app, `echo ${word}; exit 3`, 'Error');
  await shell(app, `echo ${word}`);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill(word);
  await page.getByRole('option', { name: /Search every log for/ }).click();
  await expect(page.getByTestId('found')).toContainText(/2 hits in 2 (of \d+ )?jobs/);
  await expect(page.getByTestId('scope')).toHaveText('every log ever kept');
  await page.getByRole('combobox', { name: 'Status' }).click();
  await page.getByRole('option', { name: 'Error' }).click();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('found')).toContainText(/1 hit in 1 (of \d+ )?job/);
  await expect(page.getByTestId('scope')).toHaveText('logs of the jobs filtered');
  await page.getByRole('button', { name: 'Clear filters' }).first().click();
  await expect(page.getByTestId('found')).toContainText(/2 hits in 2 (of \d+ )?jobs/);
});

test('what cannot be looked for is said, and what is nowhere', async ({ app, page }) => {
  await app.history();
  await page.getByRole('button', { name: 'Regular expression' }).click();
  await search(page, 'a(b');
  await expect(page.getByRole('alert')).toContainText('unclosed group, at character 2');
  await search(page, 'never (printed|written) anywhere');
  await expect(page.getByText('No matches in any log.')).toBeVisible();
  await page.getByRole('button', { name: 'Clear the search' }).click();
  await expect(page.getByTestId('search-end')).toHaveCount(0);
});
