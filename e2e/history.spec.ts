// Every job is kept: listed, filtered, replayed, run again.
import { App, expect, test } from './app';
import { Home, Server } from './serve';

test('a reloaded page lists the job and replays it', async ({ app, page, server }) => {
  await app.run('hello');
  await expect(app.status).toHaveText('Done');
  const id = page.url().split('/').at(-1)!;
  await page.goto(server.served.origin);
  await app.history();
  const row = page.locator(`tr[data-job="${id}"]`);
  await expect(row).toContainText('hello');
  await expect(row).toContainText('Done');
  await row.click();
  await expect(page).toHaveURL(new RegExp(id));
  await expect(app.line('Hello from make.')).toBeVisible();
});

test('filters narrow the list, and are cleared', async ({ app, page }) => {
  await app.run('hello');
  await expect(app.status).toHaveText('Done');
  await app.run('fail');
  await expect(app.status).toHaveText('Error');
  await app.history();
  const rows = page.locator('tr[data-job]');
  await page.getByRole('combobox', { name: 'Status' }).click();
  await page.getByRole('option', { name: 'Error' }).click();
  await page.keyboard.press('Escape');
  await expect(rows.filter({ hasText: 'hello' })).toHaveCount(0);
  await expect(rows.filter({ hasText: 'fail' }).first()).toBeVisible();
  // Several at once.
  await page.getByRole('combobox', { name: 'Status: Error' }).click();
  await page.getByRole('option', { name: 'Done' }).click();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('combobox', { name: 'Status: Done or Error' })).toBeVisible();
  await expect(rows.filter({ hasText: 'hello' }).first()).toBeVisible();
  await expect(rows.filter({ hasText: 'fail' }).first()).toBeVisible();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.getByRole('textbox', { name: 'Find a command' }).fill('hel');
  await expect(rows.filter({ hasText: 'fail' })).toHaveCount(0);
  await expect(rows.filter({ hasText: 'hello' }).first()).toBeVisible();
});

test('a job is run again from the list', async ({ app, page }) => {
  await app.run('hello');
  await expect(app.status).toHaveText('Done');
  const before = page.url();
  await app.history();
  await page.locator('tr[data-job]').filter({ hasText: 'hello' }).first().hover();
  await page.getByRole('button', { name: 'Run again: hello' }).first().click();
  await expect(page).toHaveURL(/\/job\//);
  expect(page.url()).not.toBe(before);
  await expect(app.line('Hello from make.')).toBeVisible();
  await expect(app.status).toHaveText('Done');
});

test('tabs are closed one by one, and the last one leads back to the start', async ({
  app,
  page,
}) => {
  const tabs = page.getByRole('navigation', { name: 'Open jobs' }).getByRole('link');
  await app.run('hello');
  await app.run('fail');
  await expect(tabs).toHaveCount(2);
  await page.getByRole('button', { name: 'Close fail' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'hello' })).toBeVisible();
  await expect(tabs).toHaveCount(1);
  await page.getByRole('button', { name: 'Close hello' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Jobs' })).toBeVisible();
  await expect(tabs).toHaveCount(0);
});

test('a job that is not there cannot be shown, and the page says so', async ({ app, page }) => {
  await page.goto(`${new URL(page.url()).origin}/job/01890000-0000-7000-8000-000000000000`);
  await expect(page.getByRole('heading', { name: 'This job cannot be shown' })).toBeVisible();
  await page.getByRole('button', { name: 'Close the tab' }).click();
  await expect(
    app.page.getByRole('heading', { level: 1, name: /^(Jobs|Run it, watch it, find it again\.)$/ }),
  ).toBeVisible();
});

test('a job is pinned and noted, and found by its pin', async ({ app, page }) => {
  await app.run('hello');
  await expect(app.status).toHaveText('Done');
  await page.getByRole('button', { name: 'Pin this job' }).click();
  await expect(page.getByRole('button', { name: 'Unpin this job' })).toBeVisible();
  await page.getByRole('button', { name: 'Add a note' }).click();
  await page.getByRole('textbox', { name: 'Note' }).fill('the one before the incident');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('note')).toContainText('the one before the incident');
  const id = page.url().split('/').at(-1)!;
  await app.history();
  await page.getByRole('button', { name: 'Pinned' }).click();
  const rows = page.locator('tr[data-job]');
  await expect(rows).toHaveCount(1);
  await expect(rows).toHaveAttribute('data-job', id);
  await expect(rows).toContainText('the one before the incident');
  // And away again.
  await rows.click();
  await page.getByRole('button', { name: 'Unpin this job' }).click();
  await app.history();
  await expect(page.getByText('No matches.')).toBeVisible();
  await page.getByRole('button', { name: 'Clear filters' }).first().click();
});

test('a link is opened by pasting it into the palette', async ({ app, page }) => {
  await app.run('colors');
  await expect(app.status).toHaveText('Done');
  const link = `${page.url()}#L2-L3`;
  await app.run('hello');
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill(link);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'colors' })).toBeVisible();
  await expect(page.getByText('Lines 2 to 3 selected')).toBeVisible();
});

test('a job is measured by those before it', async ({ app, page }) => {
  await page.setViewportSize({ width: 1360, height: 860 });
  for (let time = 0; time < 2; time++) {
    await app.run('hello');
    await expect(app.status).toHaveText('Done');
  }
  await expect(page.getByTestId('sparkline')).toBeVisible();
  await expect(page.getByText(/^last \d+ jobs, median/)).toBeVisible();
});

test('columns are chosen, and the list is copied for a spreadsheet', async ({
  app,
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.setViewportSize({ width: 1360, height: 860 });
  for (let time = 0; time < 2; time++) {
    await app.run('hello');
    await expect(app.status).toHaveText('Done');
  }
  await app.history();
  const row = page.locator('tr[data-job]').filter({ hasText: 'hello' }).first();
  await expect(row.getByTestId('sparkline')).toBeVisible();
  const head = page.locator('thead').getByText('Commit');
  await expect(head).toBeVisible();
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Commit' }).click();
  await expect(head).toHaveCount(0);
  await page.getByRole('menuitem', { name: 'Copy the list as CSV' }).click();
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await expect.poll(copied).toMatch(/^Job,Status,Exit code,.*\r\n/);
  expect(await copied()).toMatch(/,Done,0,vm,hello,/);
  // A choice outlives the page.
  await page.reload();
  await expect(page.locator('tr[data-job]').first()).toBeVisible();
  await expect(head).toHaveCount(0);
});

test('a search is kept under a name, used again and forgotten', async ({ app, page }) => {
  await app.run('fail');
  await expect(app.status).toHaveText('Error');
  await app.history();
  const saved = page.getByRole('button', { name: 'Saved searches' });
  await page.getByRole('combobox', { name: 'Status' }).click();
  await page.getByRole('option', { name: 'Error' }).click();
  await page.keyboard.press('Escape');
  await page.getByRole('textbox', { name: 'Search in every log' }).fill('make');
  await saved.click();
  await page.getByRole('menuitem', { name: 'Save this search…' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('what fails');
  await page.getByRole('button', { name: 'Save search' }).click();
  await expect(saved).toHaveText('what fails');

  await page.reload();
  await expect(page.locator('tr[data-job]').first()).toBeVisible();
  await saved.click();
  await page.getByRole('menuitem', { name: 'what fails' }).click();
  await expect(page.getByRole('combobox', { name: 'Status: Error' })).toBeVisible();
  await expect(page.getByTestId('found')).toContainText('hit');
  await expect(saved).toHaveText('what fails');
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Go to or run' }).fill('what fai');
  await page.getByRole('option', { name: /^what fails/ }).click();
  await expect(saved).toHaveText('what fails');
  await saved.click();
  await page.getByRole('menuitem', { name: 'Forget what fails' }).click();
  await expect(saved).toHaveText('Saved');
});

test("a target's page shows how long its runs took", async ({ app, page }) => {
  await page.setViewportSize({ width: 1360, height: 860 });
  for (const [target, status] of [
    ['hello', 'Done'],
    ['hello', 'Done'],
  ] as const) {
    await app.run(target);
    await expect(app.status).toHaveText(status);
  }
  const last = page.url().split('/').at(-1)!;
  await page.getByRole('button', { name: 'More for hello' }).last().click();
  await page.getByRole('menuitem', { name: 'Runs and durations' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'hello' })).toBeVisible();
  await expect(page.getByTestId('durations')).toContainText(/^\d+ of \d+ runs done, median /);
  const bars = page.getByRole('list', { name: 'How long the runs took' }).getByRole('link');
  await expect(bars.last()).toHaveAttribute('href', `/job/${last}`);
  // Arrows go from one to the next, and Enter opens it.
  await bars.last().focus();
  await page.keyboard.press('ArrowLeft');
  await expect(bars.nth(-2)).toBeFocused();
  await expect(page.getByRole('figure')).toContainText(/Done, .* today/);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/job\//);
});

test('rules of what is kept say what they drop, drop it once they are saved, and leave a pinned job', async ({
  page,
}) => {
  const home = await Home.make();
  const server = await Server.start(home);
  try {
    const app = new App(page);
    await page.goto(server.served.url);
    await expect(page.getByTestId('store-state')).toHaveText('Logs kept in Postgres');
    await expect(app.target('hello')).toBeVisible();
    for (const name of ['first', 'second', 'third']) {
      await app.shell(`echo ${name}`);
      await expect(app.line(name)).toBeVisible();
      await expect(app.status).toHaveText('Done');
      if (name !== 'first') continue;
      await page.getByRole('button', { name: 'Pin this job' }).click();
      await expect(page.getByRole('button', { name: 'Unpin this job' })).toBeVisible();
    }
    await app.history();
    await expect(page.locator('tr[data-job]')).toHaveCount(3);
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByLabel('Log size', { exact: true }).fill('much');
    await expect(page.getByTestId('outdated')).toContainText('Size: give it as');
    await page.getByLabel('Log size', { exact: true }).fill('');
    await page.getByLabel('Jobs', { exact: true }).fill('1');
    await expect(page.getByTestId('outdated')).toContainText(/Drops 1 job with .* 1 more stay/);
    await page.getByRole('button', { name: 'Save and drop them' }).click();
    await app.history();
    await expect(page.locator('tr[data-job]')).toHaveCount(2);
    await expect(page.locator('tr[data-job]').filter({ hasText: 'second' })).toHaveCount(0);
  } finally {
    await server.stop();
    await home.remove();
  }
});
