// The sidebar is narrowed by words and folded by section, and remembers the latter.
import { expect, test } from './app';

test('words narrow it to what holds them, and Escape shows all again', async ({ app, page }) => {
  await app.unfold();
  const filter = page.getByRole('textbox', { name: 'Filter projects, targets and hosts' });
  await filter.fill('FLO');
  await expect(app.target('flood')).toBeVisible();
  await expect(app.target('hello')).toHaveCount(0);
  await filter.fill('no such thing');
  await expect(page.getByText('No matching projects or targets.')).toBeVisible();
  await filter.press('Escape');
  await expect(filter).toHaveValue('');
  await expect(app.target('hello')).toBeVisible();
});

test('a section folds, stays so, and is looked through all the same', async ({ app, page }) => {
  await app.unfold();
  const heading = page.getByRole('button', { name: 'Projects', exact: true });
  await heading.click();
  await expect(app.target('hello')).toHaveCount(0);
  await page.reload();
  await expect(heading).toHaveAttribute('aria-expanded', 'false');
  const filter = page.getByRole('textbox', { name: 'Filter projects, targets and hosts' });
  await filter.fill('hello');
  await expect(app.target('hello')).toBeVisible();
  await filter.press('Escape');
  await heading.click();
  await app.unfold();
  await expect(app.target('hello')).toBeVisible();
});

test('it is hidden by a key, stays so, and comes back', async ({ app, page }) => {
  await app.unfold();
  await expect(app.target('hello')).toBeVisible();
  await page.keyboard.press('Control+b');
  await expect(app.target('hello')).toHaveCount(0);
  await page.reload();
  const back = page.getByRole('button', { name: 'Show the sidebar' });
  await expect(back).toBeVisible();
  await expect(app.target('hello')).toHaveCount(0);
  await back.click();
  await expect(app.target('hello')).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Go to or run' }).fill('hide the sidebar');
  await page.keyboard.press('Enter');
  await expect(back).toBeVisible();
});
