// The shell around the logs: the field of a command, settings that save themselves, keys of one's own, the sidebar by keys.
import { expect, test } from './app';

async function form(page: import('@playwright/test').Page) {
  await page.keyboard.press('Control+k');
  await page.keyboard.type('run a command');
  await page.keyboard.press('Enter');
  const field = page.getByRole('textbox', { name: 'Command' });
  await expect(field).toBeFocused();
  return field;
}

// Each begins with the page as it is opened.
test.beforeEach(async ({ app }) => expect(app.page.getByTestId('store-state')).toBeVisible());

test('a pasted script keeps its lines, and runs as they are', async ({ app, page }) => {
  const field = await form(page);
  await field.evaluate((node) => {
    node.focus();
    document.execCommand('insertText', false, 'cd /tmp\npwd\necho done');
  });
  await expect(field).toHaveValue('cd /tmp\npwd\necho done');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/job\//);
  await expect(
    app
      .line(/^\s*\/tmp$/)
      .or(app.line('/tmp'))
      .first(),
  ).toBeVisible();
  await expect(app.line('done').last()).toBeVisible();
});

test('arrow up has the commands before, and the rest of one is taken by an arrow', async ({
  page,
}) => {
  let field = await form(page);
  await field.fill('echo kept-for-later');
  await page.keyboard.press('Control+Enter');
  await expect(page).toHaveURL(/\/job\//);
  field = await form(page);
  await page.keyboard.press('ArrowUp');
  await expect(field).toHaveValue('echo kept-for-later');
  await page.keyboard.press('ArrowDown');
  await expect(field).toHaveValue('');
  await page.keyboard.type('echo kept');
  await expect(page.getByTestId('rest')).toContainText('-for-later');
  await page.keyboard.press('ArrowRight');
  await expect(field).toHaveValue('echo kept-for-later');
  await page.keyboard.press('Shift+Enter');
  await expect(field).toHaveValue('echo kept-for-later\n');
  await page.keyboard.press('Escape');
});

test('a script that is dropped on the form is its command', async ({ page }) => {
  const field = await form(page);
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['#!/bin/bash\necho from bash\n'], 'run.sh'));
    const event = { dataTransfer, bubbles: true, cancelable: true };
    for (const name of ['dragenter', 'dragover'])
      document.body.dispatchEvent(new DragEvent(name, event));
  });
  await expect(page.getByText('Drop a script to put it into the command')).toBeVisible();
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['#!/bin/bash\necho from bash\n'], 'run.sh'));
    document.body.dispatchEvent(
      new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }),
    );
  });
  await expect(field).toHaveValue("bash -s <<'SCRIPT'\n#!/bin/bash\necho from bash\nSCRIPT");
  await page.keyboard.press('Escape');
});

test('settings save themselves, and stay after a reload', async ({ page }) => {
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('textbox', { name: 'Terminal' }).fill('my-terminal');
  await expect(page.getByText('Saved', { exact: true })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('textbox', { name: 'Terminal' })).toHaveValue('my-terminal');
  await page.getByRole('textbox', { name: 'Terminal' }).fill('');
  await expect(page.getByText('Saved', { exact: true })).toBeVisible();
});

test('a database is tested before it is used', async ({ page }) => {
  await page.getByRole('link', { name: 'Settings' }).click();
  const use = page.getByRole('button', { name: 'Use from the next start' });
  await expect(use).toBeDisabled();
  await page.getByRole('textbox', { name: 'Database' }).fill('postgres://ada@127.0.0.1:1/vmo');
  await expect(use).toBeDisabled();
  await page.getByRole('button', { name: 'Test' }).click();
  await expect(page.getByText(/127\.0\.0\.1:1/).last()).toBeVisible();
  await expect(use).toBeDisabled();
});

test('a rule of one’s own makes a command ask', async ({ page }) => {
  await page.getByRole('link', { name: 'Settings' }).click();
  const rules = page.getByLabel('Your own rules');
  await rules.fill('flyway clean');
  await expect(page.getByText('Saved', { exact: true })).toBeVisible();
  const field = await form(page);
  await field.fill('echo flyway clean');
  await expect(page.getByText(/Matches your rule/)).toBeVisible();
  await page.keyboard.press('Escape');
  await rules.fill('');
  await expect(page.getByText('Saved', { exact: true })).toBeVisible();
});

test('a key of one’s own does what the app’s own did', async ({ page }) => {
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Go to or run anything: Ctrl K' }).click();
  await page.keyboard.press('Control+j');
  await expect(page.getByRole('button', { name: 'Go to or run anything: Ctrl J' })).toBeVisible();
  await page.getByRole('heading', { name: 'Settings' }).click();
  await page.keyboard.press('Control+j');
  await expect(page.getByRole('dialog', { name: 'Go to or run' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Reset all' }).click();
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog', { name: 'Go to or run' })).toBeVisible();
});

test('the palette has what the open job can do, in any order of words', async ({ app, page }) => {
  await app.run('hello');
  await expect(app.status).toHaveText('Done');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('vm hello');
  await expect(page.getByRole('option', { name: /^hello/ }).first()).toBeVisible();
  await page.getByRole('combobox', { name: 'Go to or run' }).fill('retry');
  await expect(page.getByRole('option', { name: /^Run again/ }).first()).toBeVisible();
  await page.getByRole('combobox', { name: 'Go to or run' }).fill('zzz no such');
  await page.getByRole('option', { name: /^Run “zzz no such” here/ }).click();
  await expect(page.getByRole('textbox', { name: 'Command' })).toHaveValue('zzz no such');
  await page.keyboard.press('Escape');
});

test('the sidebar by arrows: from row to row, folding, and to what is beside', async ({
  app,
  page,
}) => {
  await app.unfold();
  await app.target('hello').focus();
  const name = await app.target('hello').getAttribute('data-target');
  expect(name).toBe('hello');
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('button', { name: 'Run hello with variables…' })).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await expect(app.target('hello')).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  const project = page.getByRole('button', { name: /^vm\b/ });
  await expect(project).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await expect(app.target('hello')).toHaveCount(0);
  await page.keyboard.press('ArrowRight');
  await expect(app.target('hello')).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await expect(page.locator('[data-target]:focus')).toHaveCount(1);
});

test('Enter in the filter runs the only target that matches', async ({ app, page }) => {
  await app.unfold();
  const filter = page.getByRole('textbox', { name: 'Filter projects, targets and hosts' });
  await filter.fill('hello');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/job\//);
  await expect(page.getByRole('heading', { level: 1, name: 'hello' })).toBeVisible();
  await filter.press('Escape');
});

test('a favourite comes before all others', async ({ app, page }) => {
  await app.unfold();
  await app.target('hello').click({ button: 'right' });
  await page.getByRole('menuitemcheckbox', { name: 'Favourite' }).click();
  const favourites = page.getByRole('region', { name: 'Favourites' });
  await expect(favourites.locator('[data-target="hello"]')).toBeVisible();
  await page.reload();
  await expect(favourites.locator('[data-target="hello"]')).toContainText('vm');
  await favourites.locator('[data-target="hello"]').click({ button: 'right' });
  await page.getByRole('menuitemcheckbox', { name: 'Favourite' }).click();
  await expect(favourites).toHaveCount(0);
});
