// Projects from strangers: nothing runs before they are trusted, and whatever they print is text.
import { mkdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './app';

const MAKEFILE = String.raw`
$(shell touch ran-at-once)

html: ## <img src=x onerror="window.hacked = 1"> {@html}
	@printf '%s\n' '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">'
	@printf '\033]0;a title\007\033]52;c;ZXZpbA==\007after the escapes\n'
	@printf '\033[38;5;1mred \033[0m&lt;not markup&gt; {@html x} ${'$$'}{x}\n'
	@printf 'nul \000 and bad \377 bytes'
`;

test('a stranger is read, trusted by hand, and its output stays text', async ({
  app,
  page,
  home,
}) => {
  const folder = join(home.root, 'stranger');
  await mkdir(folder);
  await writeFile(join(folder, 'Makefile'), MAKEFILE);
  await page.getByRole('button', { name: 'Add a folder with a Makefile' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill(folder);
  await page.getByRole('button', { name: 'Add this folder' }).click();
  await expect(app.target('html')).toBeVisible();
  await app.target('html').click();
  const question = page.getByRole('dialog', { name: 'Trust stranger?' });
  await expect(question).toBeVisible();
  expect(existsSync(join(folder, 'ran-at-once'))).toBe(false);
  await question.getByRole('button', { name: 'Trust stranger and go on' }).click();
  await expect(app.line('<script>window.hacked = 1</script><img src=x')).toBeVisible();
  await expect(app.line('after the escapes')).toHaveText(/after the escapes$/);
  await expect(app.line('&lt;not markup&gt; {@html x} ${x}')).toBeVisible();
  await expect(app.line('nul')).toBeVisible();
  await expect(app.status).toHaveText('Done');
  expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
  expect(await app.log.locator('img, script').count()).toBe(0);
});

test('a folder that is not there is refused where it was typed', async ({ page, app }) => {
  await expect(app.page.getByRole('heading', { name: 'Projects' })).toBeVisible();
  await page.getByRole('button', { name: 'Add a folder with a Makefile' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('/nowhere/at/all');
  await page.getByRole('button', { name: 'Add this folder' }).click();
  await expect(page.getByRole('alert').filter({ hasText: '/nowhere/at/all' })).toBeVisible();
});
