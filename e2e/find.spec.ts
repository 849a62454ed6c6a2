// Finding in a log: all of it is searched, also while it grows; errors and folders of make are a key away.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type App, expect, test } from './app';

function findBar(app: App) {
  const bar = app.page.getByRole('search', { name: 'Find in the log' });
  return {
    bar,
    field: bar.getByRole('textbox'),
    hits: bar.getByTestId('hits'),
    current: app.log.locator('mark.current'),
    marks: app.log.locator('mark'),
  };
}

test('all of a million lines are searched, and each hit is a key away', async ({ app, page }) => {
  await app.run('flood');
  await expect(app.status).toHaveText('Done', { timeout: 60_000 });
  await page.keyboard.press('g');
  await page.keyboard.press('Control+f');
  const find = findBar(app);
  await find.field.fill('LINE 77777');
  // 77777 and 777770 to 777779.
  await expect(find.hits).toHaveText('1 / 11');
  await expect(find.current).toHaveText('line 77777');
  await find.field.press('Enter');
  await expect(find.hits).toHaveText('2 / 11');
  await expect(app.line('line 777770 of').locator('mark.current')).toBeVisible();
  await expect(find.marks).toHaveCount(10);
  await find.field.press('Shift+Enter');
  await find.field.press('Shift+Enter');
  await expect(find.hits).toHaveText('11 / 11');
  await expect(app.line('line 777779 of').locator('mark.current')).toBeVisible();
  await expect(page.getByTestId('ruler')).toHaveAttribute('data-hits', '2');
  // Case, word, a regular expression and a bad one.
  await find.bar.getByRole('button', { name: 'Match case' }).click();
  await expect(find.hits).toHaveText('No matches');
  await find.bar.getByRole('button', { name: 'Match case' }).click();
  await find.bar.getByRole('button', { name: 'Whole word' }).click();
  await expect(find.hits).toHaveText('1 / 1');
  await find.bar.getByRole('button', { name: 'Whole word' }).click();
  await find.bar.getByRole('button', { name: 'Regular expression' }).click();
  await find.field.fill('line 99999\\d of (a');
  await expect(find.bar.getByText(/^unclosed group, at character 17$/)).toBeVisible();
  await find.field.fill('^line 99999\\d of');
  await expect(find.hits).toHaveText(/\/ 10$/);
  // Escape closes the bar; n goes on from the log only if something is looked for.
  await find.field.press('Escape');
  await expect(find.bar).toHaveCount(0);
  await expect(app.log).toBeFocused();
  await expect(find.marks).toHaveCount(0);
});

test('only hits and the lines around them', async ({ app, page }) => {
  await app.shell('seq -f "row %.0f" 3000');
  await expect(app.status).toHaveText('Done');
  await page.keyboard.press('/');
  const find = findBar(app);
  await find.field.fill('row 1500');
  await expect(find.hits).toHaveText('1 / 1');
  await find.bar.getByRole('button', { name: 'Only matches, 2 lines around' }).click();
  await expect(app.log.locator('[data-line]')).toHaveCount(5);
  await expect(app.log.locator('[data-line]').first()).toHaveText(/1498.*row 1498/);
  await find.field.fill('row 20');
  // 20, 200 to 209, 2000 to 2099.
  await expect(find.hits).toHaveText('1 / 111');
  await expect(app.log.locator('[data-line="20"] mark.current')).toBeVisible();
  await find.field.press('Shift+Enter');
  await expect(app.log.locator('[data-line="2099"] mark.current')).toBeVisible();
  // All lines and back: the current hit stays in sight.
  for (let i = 0; i < 2; i++) {
    await find.bar.getByRole('button', { name: 'Only matches, 2 lines around' }).click();
    await expect(app.log.locator('[data-line="2099"] mark.current')).toBeVisible();
  }
  await find.bar.getByRole('button', { name: 'Only matches, 2 lines around' }).click();
  await expect(app.log.locator('[data-line="2099"] mark.current')).toBeVisible();
  await expect(app.log.locator('[data-line="2103"]')).toBeVisible();
});

test('a job that runs is searched as it writes, and a hit pauses following', async ({
  app,
  page,
}) => {
  await app.run('logs');
  await expect(page.getByText('Following')).toBeVisible();
  await expect(app.line('slow query').first()).toBeVisible();
  await page.keyboard.press('Control+f');
  const find = findBar(app);
  await find.field.fill('slow query');
  await expect(find.hits).toHaveText(/^\d+ \/ ([3-9]|\d\d)/);
  await expect(page.getByRole('button', { name: 'Paused' })).toBeVisible();
  await expect(find.current).toBeVisible();
  await app.button('Cancel').click();
  await expect(app.status).toHaveText('Canceled');
});

test('a failed job opens at its first error, and e goes on', async ({ app, page }) => {
  await app.shell(
    'seq 500; echo "src/a.c:3:7: error: no"; seq 500; echo "make: *** [Makefile:12: x] Error 2"; seq 500; exit 2',
  );
  await expect(app.status).toHaveText('Error');
  await page.reload();
  const first = app.log.locator('[data-line="501"]');
  await expect(first).toBeVisible();
  await expect(first).toHaveClass(/fault/);
  const steps = page.getByTestId('errors');
  await expect(steps).toHaveText(/First error\s*1 of 2/);
  await page.keyboard.press('e');
  await expect(app.log.locator('[data-line="1002"]')).toBeVisible();
  await expect(steps).toHaveText(/2 of 2/);
  await page.keyboard.press('e');
  await expect(first).toBeVisible();
  await page.keyboard.press('Shift+E');
  await expect(app.log.locator('[data-line="1002"]')).toBeVisible();
  await page.getByRole('button', { name: 'First error' }).click();
  await expect(first).toBeVisible();
  await expect(page.getByTestId('ruler')).toHaveAttribute('data-errors', '2');
});

test('makes in other folders fold, and a hit unfolds what hides it', async ({
  app,
  page,
  home,
}) => {
  const folder = join(home.root, 'nested');
  await mkdir(join(folder, 'sub'), { recursive: true });
  await writeFile(join(folder, 'Makefile'), 'all:\n\t@seq 3\n\t@$(MAKE) -C sub\n\t@seq 300\n');
  await writeFile(join(folder, 'sub/Makefile'), 'all:\n\t@seq -f "inner %.0f" 200\n');
  await app.shell(`LC_ALL=C make -C ${folder}`);
  await expect(app.status).toHaveText('Done');
  await page.keyboard.press('g');
  const head = app.line("Entering directory '" + folder + "/sub'");
  await head.getByRole('button', { name: 'Fold' }).click();
  await expect(app.line('inner 1')).toHaveCount(0);
  await expect(app.log.locator('[data-line="207"]')).toBeVisible();
  await expect(head.getByRole('button', { name: 'Unfold' })).toHaveAttribute(
    'aria-expanded',
    'false',
  );
  await page.keyboard.press('Control+f');
  const find = findBar(app);
  await find.field.fill('inner 150');
  await expect(app.line('inner 150').locator('mark.current')).toBeVisible();
  // The head of what is scrolled through stays at the top.
  await expect(page.getByTestId('section-head')).toContainText(`${folder}/sub`);
  await find.field.press('Escape');
  await page.keyboard.press('z');
  await expect(app.line('inner 150')).toHaveCount(0);
});

test('a hit right of the window, or after what is shown of a long line, is brought in sight', async ({
  app,
  page,
}) => {
  await app.shell(`printf '%0900dfar away\\n' 0; printf '%068000dvery far\\n' 0; echo near`);
  await expect(app.status).toHaveText('Done');
  await page.keyboard.press('Control+f');
  const find = findBar(app);
  const log = (await app.log.boundingBox())!;
  for (const words of ['far away', 'very far', 'near']) {
    await find.field.fill(words);
    await expect(find.hits).toHaveText('1 / 1');
    await expect(find.current).toHaveText(words);
    const inSight = async () => {
      const hit = (await find.current.boundingBox())!;
      return hit.x > log.x && hit.x + hit.width < log.x + log.width;
    };
    await expect.poll(inSight).toBe(true);
  }
});
