// The sidebar is narrowed by words and folded by section, and remembers the latter.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Project } from '../src/lib/wire';
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

test('projects are moved by their menu and by dragging, and stay there', async ({
  app,
  page,
  home,
}) => {
  // What tests before it have added would stand between.
  const known = JSON.parse(await home.vmo('projects', '--json')) as Project[];
  for (const { name } of known.filter(({ source }) => source === 'added'))
    await home.vmo('projects', 'rm', name);
  const folder = join(home.root, 'beta');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'Makefile'), 'about: ## Of beta\n\t@echo beta\n');
  await writeFile(home.env.MKCLI_REGISTRY!, `beta ${folder} 1\n`);
  const names = () =>
    page
      .locator('[data-project]')
      .evaluateAll((all) => all.map((one) => one.getAttribute('data-project')));
  await expect.poll(async () => (await names()).toSorted()).toEqual(['beta', 'vm']);
  await app.unfold();
  const before = await names();
  const [first, last] = before as [string, string];
  await page.locator(`[data-project="${first}"]`).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Move down' }).click();
  await expect.poll(names).toEqual([last, first]);
  await page.reload();
  await expect.poll(names).toEqual([last, first]);

  const row = page.locator(`[data-project="${first}"]`);
  const wasOpen = await row.getAttribute('aria-expanded');
  const [from, to] = await Promise.all([
    row.boundingBox(),
    page.locator(`[data-project="${last}"]`).boundingBox(),
  ]);
  await page.mouse.move(from!.x + 60, from!.y + 14);
  await page.mouse.down();
  await page.mouse.move(to!.x + 60, to!.y + 2, { steps: 8 });
  await page.mouse.up();
  await expect.poll(names).toEqual(before);
  // A drag is no click.
  await expect(row).toHaveAttribute('aria-expanded', wasOpen!);
  await writeFile(home.env.MKCLI_REGISTRY!, '');
  await expect.poll(names).toEqual(['vm']);
});

test('a note that was removed comes back by Undo, also without the sidebar', async ({
  app,
  page,
}) => {
  await app.run('hello');
  await expect(app.status).toHaveText('Done');
  const write = async (text: string) => {
    await page.getByRole('button', { name: /^(Add a|Edit the) note$/ }).click();
    await page.getByRole('textbox', { name: 'Note' }).fill(text);
    await page.keyboard.press('Enter');
  };
  for (const hidden of [false, true]) {
    if (hidden) await page.keyboard.press('Control+b');
    await write('keep this one');
    await expect(page.getByTestId('note')).toContainText('keep this one');
    await write('');
    await expect(page.getByTestId('note')).toHaveCount(0);
    await expect(page.getByText('Removed the note of hello')).toBeVisible();
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await expect(page.getByTestId('note')).toContainText('keep this one');
  }
  await page.keyboard.press('Control+b');
});

test('a project that was taken off the list comes back by Undo', async ({ page, app, home }) => {
  await app.unfold();
  const folder = join(home.root, 'gamma');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'Makefile'), 'about: ## Of gamma\n\t@echo gamma\n');
  await page.getByRole('button', { name: 'Add a folder with a Makefile' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill(folder);
  await page.keyboard.press('Enter');
  const row = page.locator('[data-project="gamma"]');
  await expect(row).toBeVisible();
  await page.keyboard.press('Escape');
  for (const back of [true, false]) {
    await row.click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Remove from list' }).click();
    await expect(row).toHaveCount(0);
    if (!back) break;
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await expect(row).toBeVisible();
  }
});

test('F1 opens the guide, and the keys are a click from it', async ({ page, app }) => {
  await app.unfold();
  await page.keyboard.press('F1');
  await expect(page.getByRole('heading', { name: 'Guide', level: 1 })).toBeVisible();
  await page.getByRole('link', { name: 'End a job' }).click();
  await expect(page.getByRole('heading', { name: 'End a job' })).toBeInViewport();
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
});

test('a tab is opened in a window of its own, with nothing but its page', async ({ page, app }) => {
  await app.run('hello');
  await expect(app.status).toHaveText('Done');
  await page.locator('[data-tab] a').first().click({ button: 'right' });
  const opening = page.waitForEvent('popup');
  await page.getByRole('menuitem', { name: /^Open in a new window/ }).click();
  const second = await opening;
  await expect(second.getByTestId('status')).toHaveText('Done');
  await expect(second.locator('[data-target]')).toHaveCount(0);
  await expect(second.locator('[data-tab]')).toHaveCount(1);
  const closing = second.waitForEvent('close');
  await second.getByRole('button', { name: 'Close hello' }).click();
  await closing;
  await expect(app.target('hello')).toBeVisible();
});

test('a menu opens the makefile in the editor, and takes the trust back', async ({
  app,
  page,
  home,
}) => {
  const folder = join(home.root, 'gamma');
  const opened = join(home.root, 'opened');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'Makefile'), 'all: about\n\nabout: ## Of gamma\n\t@echo gamma\n');
  await writeFile(home.env.MKCLI_REGISTRY!, `gamma ${folder} 1\n`);
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByLabel('Editor').fill(`sh -c 'echo "$1" > ${opened}' - {file}:{line}`);
  await expect(page.getByText('Saved', { exact: true })).toHaveCount(1);

  const project = page.getByRole('button', { name: /^gamma/ });
  const choose = (name: string) => page.getByRole('menuitem', { name }).click();
  const was = () => readFile(opened, 'utf8').catch(() => '');
  await project.click({ button: 'right' });
  await choose('Open makefile in the editor');
  await expect.poll(was).toBe(`${join(folder, 'Makefile')}:1\n`);
  if ((await project.getAttribute('aria-expanded')) === 'false') await project.click();
  await app.target('about').click({ button: 'right' });
  await choose('Open in the editor');
  await expect.poll(was).toBe(`${join(folder, 'Makefile')}:3\n`);

  const trust = page.getByRole('button', { name: 'Trust gamma and continue' });
  await app.target('about').click();
  await trust.click();
  await expect(app.line('gamma')).toBeVisible();
  await project.click({ button: 'right' });
  await choose('Ask again before running');
  await app.target('about').click();
  await expect(trust).toBeVisible();
});
