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
