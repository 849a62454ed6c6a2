// Reading a log: long lines wrap or do not, lines are gone to and linked, times stand beside them.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type App, expect, test } from './app';

/** Runs a shell command here, and waits until it is done. */
async function shell(app: App, script: string): Promise<void> {
  await app.shell(script);
  await expect(app.status).toHaveText('Done');
}

test('long lines wrap, the first one on screen stays, and the end can be reached', async ({
  app,
  page,
}) => {
  await shell(
    app,
    'for n in $(seq 300); do printf "row %d " $n; [ $((n % 3)) -ne 0 ] || printf "%0500d" 0; echo; done',
  );
  await page.keyboard.press('g');
  const row = (n: number) => app.log.locator(`[data-line="${n}"]`);
  const height = async (n: number) => (await row(n).boundingBox())!.height;
  await expect(row(3)).toBeVisible();
  expect(await height(3)).toBe(20);
  await page.keyboard.press('w');
  await expect(app.button('Wrap')).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(() => height(3)).toBeGreaterThan(60);
  expect(await height(2)).toBe(20);
  await app.log.hover();
  await page.mouse.wheel(0, 1000);
  await expect(row(1)).toHaveCount(0);
  const first = await app.log.locator('[data-line]').nth(1).getAttribute('data-line');
  await page.keyboard.press('w');
  await expect(row(Number(first))).toBeVisible();
  await page.keyboard.press('w');
  await expect(row(Number(first))).toBeVisible();
  await page.keyboard.press('Shift+G');
  // The last one is wholly on screen, at its foot.
  await expect(row(300)).toBeVisible();
  const below = async () => {
    const [log, last] = [await app.log.boundingBox(), await row(300).boundingBox()];
    return Math.abs(last!.y + last!.height - log!.y - log!.height);
  };
  await expect.poll(below).toBeLessThanOrEqual(1);
  // Remembered.
  await page.reload();
  await expect(app.button('Wrap')).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('w');
});

test('a line is gone to by its number, linked and opened', async ({
  app,
  page,
  context,
  server,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await shell(app, 'seq -f "row %.0f" 5000');
  await page.keyboard.press('Control+l');
  await page.getByLabel('Go to line').fill('2500');
  await page.keyboard.press('Enter');
  await expect(app.line('row 2500')).toHaveClass(/selected/);
  await app.line('row 2503').click({ modifiers: ['Shift'] });
  await page.keyboard.press('y');
  await expect(page.getByText('Link to these lines copied')).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toMatch(/\/job\/[0-9a-f-]{36}#L2500-L2503$/);
  await page.goto(`${server.served.origin}/history`);
  await page.goto(link);
  await expect(app.line('row 2501')).toHaveClass(/selected/);
  await expect(page.getByText('Lines 2500 to 2503 selected')).toBeVisible();
});

test('characters are marked over lines that are not on screen, and copied as they are', async ({
  app,
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await shell(app, "seq -f '  row %.0f äöü 日本 😀 <b>' 10000");
  const copied = async () => {
    await page.keyboard.press('Control+c');
    await expect(page.getByRole('log')).toBeFocused();
    return page.evaluate(() => navigator.clipboard.readText());
  };
  await page.keyboard.press('g');
  const text = app.log.locator('[data-line="3"] .text');
  await expect(text).toHaveText(/row 3 /);
  const box = (await text.boundingBox())!;
  const column = 7.2;
  await page.mouse.move(box.x + 2.1 * column, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + 5.1 * column, box.y + 10, { steps: 3 });
  await page.mouse.up();
  await expect(app.log.locator('.marked')).toHaveText('row');
  await expect.poll(copied).toBe('row');
  // Down to the end while the button is held.
  await page.mouse.move(box.x + 2.1 * column, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + 50, box.y + 100, { steps: 3 });
  await page.mouse.wheel(0, 300_000);
  await expect(app.line('row 10000')).toBeVisible();
  const last = (await app.log.locator('[data-line="10000"] .text').boundingBox())!;
  await page.mouse.move(last.x + 5.1 * column, last.y + 10, { steps: 3 });
  await page.mouse.up();
  const row = (n: number) => `  row ${n} äöü 日本 😀 <b>`;
  const all = Array.from({ length: 9998 }, (_, i) => row(i + 3));
  all[0] = all[0]!.slice(2);
  all[9997] = '  row';
  await expect.poll(copied).toBe(all.join('\n'));
  // A word, a line, everything.
  await page.keyboard.press('g');
  await text.dblclick({ position: { x: 3 * column, y: 10 } });
  await expect.poll(copied).toBe('row');
  await text.click({ clickCount: 3 });
  await expect.poll(copied).toBe(row(3));
  await page.keyboard.press('Control+a');
  await expect.poll(async () => (await copied()).split('\n').length).toBe(10_000);
});

test('a log is saved as text, as a page, and byte for byte', async ({ app, page, home }) => {
  await shell(app, "printf '\\033[31mred\\033[0m <b>\\r\\nplain\\n'");
  for (const [name, ending, holds] of [
    ['Text', 'txt', 'red <b>\nplain\n'],
    ['HTML page with colors', 'html', '<span style="color:var(--c1);">red</span> &lt;b&gt;</a>'],
    ['Raw, byte for byte', 'log', '\u001b[31mred\u001b[0m <b>\r\nplain\n'],
  ] as const) {
    await app.button('Download').click();
    await page.getByRole('menuitem', { name, exact: true }).click();
    // It is there for some seconds: what it says is taken when it is seen.
    const notice = await page.waitForFunction((ending) => {
      const texts = [...document.querySelectorAll('[role="status"]')].map((one) => one.textContent);
      return texts.find((text) => text?.startsWith('Saved as ~') && text.endsWith(ending));
    }, `.${ending}`);
    const path = (await notice.jsonValue())!.replace('Saved as ~', join(home.root, 'home'));
    const text = await readFile(path, 'utf8');
    // By its name it is dragged to where it is wanted.
    const dragged = await page.evaluateHandle(() => new DataTransfer());
    const words = page.getByRole('status').filter({ hasText: 'Saved as' });
    await words.dispatchEvent('dragstart', { dataTransfer: dragged });
    const url = await dragged.evaluate((data) => data.getData('text/uri-list'));
    expect(decodeURIComponent(url)).toBe(`file://${path}`);
    if (ending === 'html') expect(text).toContain(holds);
    else expect(text).toBe(holds);
  }
});

test('the place that an error names opens in the editor', async ({ app, page, home }) => {
  const file = join(home.root, 'home', 'broken.c');
  await writeFile(file, 'x\n');
  const opened = join(home.root, 'opened');
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByLabel('Editor').fill(`sh -c 'echo "$1" > ${opened}' - {file}:{line}:{column}`);
  await page.getByLabel('Errors').fill('^oops\n(');
  await expect(page.getByText(/unclosed group, at character 1/)).toBeVisible();
  await page.getByLabel('Errors').fill('^oops');
  await expect(page.getByText('Saved', { exact: true })).toHaveCount(2);
  await shell(app, 'echo "broken.c:3:7: error: no"; echo Oops broken.c:9');
  await expect(page.getByTestId('errors')).toContainText('2');
  await app.log.getByRole('button', { name: 'broken.c:3:7' }).click();
  await expect.poll(() => readFile(opened, 'utf8').catch(() => '')).toBe(`${file}:3:7\n`);
});

test('times: since the start, since the line before, by the clock, none', async ({ app, page }) => {
  await shell(app, 'echo one; sleep 1.2; echo two');
  const time = app.line('two').locator('.time');
  await expect(time).toHaveText(/^0:0[1-9]\.\d$/);
  await page.keyboard.press('t');
  await expect(time).toHaveText(/^\+[1-9]\.\d s$/);
  await page.keyboard.press('t');
  await expect(time).toHaveText(/^\d\d:\d\d:\d\d\.\d{3}$/);
  await page.keyboard.press('t');
  await expect(time).toHaveCount(0);
  await page.keyboard.press('t');
});

test('the menu of a line copies it and what is picked, by the mouse and by the menu key', async ({
  app,
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await shell(app, 'seq -f "row %.0f" 9');
  await app.log.locator('[data-line="3"] .text').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Copy line' }).click();
  await expect.poll(copied).toBe('row 3');
  await app.log.locator('[data-line="5"] .text').click({ modifiers: ['Shift'] });
  await app.log.locator('[data-line="4"] .text').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Copy with times' }).click();
  await expect.poll(copied).toMatch(/^(\d\d:\d\d:\d\d\.\d{3} {2}row [345]\n?){3}$/);
  await app.log.focus();
  await page.keyboard.press('ContextMenu');
  await page.getByRole('menuitem', { name: 'Copy 3 lines' }).click();
  await expect.poll(copied).toBe('row 3\nrow 4\nrow 5');
});

test('a log that is over is where it was left after a restart', async ({ app, page }) => {
  await shell(app, 'seq -f "row %.0f" 3000');
  await page.keyboard.press('Control+l');
  await page.getByLabel('Go to line').fill('1500');
  await page.keyboard.press('Enter');
  await expect(app.log.locator('[data-line="1500"]')).toBeVisible();
  const top = () => app.log.locator('[data-line]').first().getAttribute('data-line');
  const before = await top();
  await expect
    .poll(() => page.evaluate(() => sessionStorage.getItem('vmo.places')))
    .toContain(before);
  await page.reload();
  await expect(app.log.locator('[data-line="1500"]')).toBeVisible();
  expect(await top()).toBe(before);
});

test('what is copied and saved has its tabs', async ({ app, page, context, home }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await shell(app, `printf 'a\\tb\\n\\033[32mkey\\tvalue\\033[m\\t\\n'`);
  // On screen they are blanks up to the next stop.
  await expect(app.log.locator('[data-line="1"] .text')).toHaveText('a       b', {
    useInnerText: true,
  });
  await app.log.locator('[data-line="1"] .number').click();
  await app.log.locator('[data-line="2"]').click({ modifiers: ['Shift'] });
  await page.keyboard.press('Control+c');
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await expect.poll(clipboard).toBe('a\tb\nkey\tvalue\t');
  await app.button('Download').click();
  await page.getByRole('menuitem', { name: 'Text', exact: true }).click();
  const saved = page.getByRole('status').filter({ hasText: /^Saved as/ });
  const path = /Saved as (.*)/.exec((await saved.textContent())!)![1]!;
  const file = path.replace(/^~/, join(home.root, 'home'));
  expect(await readFile(file, 'utf8')).toBe('a\tb\nkey\tvalue\t\n');
});

test('a log is shown, found in, copied and saved as text in the encoding it is in', async ({
  app,
  page,
  context,
  home,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await shell(
    app,
    `printf 'one\\n\\033[31m\\312\\247\\260\\334\\033[m \\316\\304\\274\\376\\nend\\n'`,
  );
  const second = app.log.locator('[data-line="2"] .text');
  await expect(second).toContainText('\ufffd');
  const choose = async (name: string) => {
    await app.button(/^Text size and encoding/).click();
    await page.getByRole('menuitemcheckbox', { name }).click();
  };
  await choose('GBK');
  await expect(second).toHaveText('失败 文件');
  await expect(app.button('Text size and encoding: 12 px, GBK')).toBeVisible();
  await page.keyboard.press('Control+f');
  const bar = page.getByRole('search', { name: 'Find in the log' });
  await bar.getByRole('textbox').fill('文件');
  await expect(bar.getByTestId('hits')).toHaveText('1 / 1');
  await expect(app.log.locator('mark.current')).toHaveText('文件');
  await bar.getByRole('textbox').press('Escape');
  await app.log.locator('[data-line="2"] .number').click();
  await page.keyboard.press('Control+c');
  await expect.poll(clipboard).toBe('失败 文件');
  for (const [name, ending, holds] of [
    ['Text', 'txt', Buffer.from('one\n失败 文件\nend\n')],
    [
      'Raw, byte for byte',
      'log',
      Buffer.from('one\n\x1b[31m\xca\xa7\xb0\xdc\x1b[m \xce\xc4\xbc\xfe\nend\n', 'latin1'),
    ],
  ] as const) {
    await app.button('Download').click();
    await page.getByRole('menuitem', { name, exact: true }).click();
    const notice = await page.waitForFunction((ending) => {
      const texts = [...document.querySelectorAll('[role="status"]')].map((one) => one.textContent);
      return texts.find((text) => text?.startsWith('Saved as ~') && text.endsWith(ending));
    }, `.${ending}`);
    const path = (await notice.jsonValue())!.replace('Saved as ~', join(home.root, 'home'));
    expect(await readFile(path)).toEqual(holds);
  }
  // Of the same command it is remembered, and of others not.
  await page.keyboard.press('r');
  await expect(app.status).toHaveText('Done');
  await expect(second).toHaveText('失败 文件');
  await page.reload();
  await expect(second).toHaveText('失败 文件');
  await choose('UTF-8');
  await expect(second).toContainText('\ufffd');
});

test('a log is larger by Ctrl and the wheel, and what is on screen stays', async ({
  app,
  page,
}) => {
  await shell(app, 'for n in $(seq 2000); do printf "row %d %0300d\n" $n 0; done');
  await page.keyboard.press('Control+l');
  await page.getByLabel('Go to line').fill('1000');
  await page.keyboard.press('Enter');
  const row = (n: number) => app.log.locator(`[data-line="${n}"]`);
  await expect(row(1000)).toBeVisible();
  const top = () => app.log.locator('[data-line]').first().getAttribute('data-line');
  const before = await top();
  const size = () =>
    row(1000)
      .locator('.text')
      .evaluate((text) => getComputedStyle(text).fontSize);
  const height = async () => (await row(Number(before)).boundingBox())!.height;
  await app.log.hover();
  await page.keyboard.down('Control');
  for (let notch = 0; notch < 2; notch++) await page.mouse.wheel(0, -120);
  await page.keyboard.up('Control');
  await expect.poll(size).toBe('14px');
  expect(await height()).toBeCloseTo(23, 3);
  expect(await top()).toBe(before);
  // The rest of the window has its size.
  const foot = page.getByTestId('extent');
  expect(await foot.evaluate((words) => getComputedStyle(words).fontSize)).toBe('12px');
  // Rows that wrap are as high as their text, no more and no less: the next begins where one ends.
  await page.keyboard.press('w');
  await expect.poll(height).toBeGreaterThan(40);
  const gap = async () => {
    const [one, next] = await Promise.all(
      [Number(before), Number(before) + 1].map((n) => row(n).locator('.text').boundingBox()),
    );
    return Math.abs(next!.y - one!.y - one!.height);
  };
  expect(await gap()).toBeLessThan(1);
  await expect.poll(async () => Math.round(await height()) % 23).toBe(0);
  await page.keyboard.press('Shift+G');
  await expect(row(2000)).toBeVisible();
  const below = async () => {
    const [log, last] = [await app.log.boundingBox(), await row(2000).boundingBox()];
    return Math.abs(last!.y + last!.height - log!.y - log!.height);
  };
  await expect.poll(below).toBeLessThanOrEqual(1);
  await page.keyboard.press('w');
  // A hit far to the right comes on screen in any size.
  await page.reload();
  await expect(app.button('Text size and encoding: 14 px, UTF-8')).toBeVisible();
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('combobox', { name: 'Text size of logs' }).click();
  await page.getByRole('option', { name: '12 px' }).click();
  await page.goBack();
  await expect(app.button('Text size and encoding: 12 px, UTF-8')).toBeVisible();
});

test('words with a file behind them open it in the editor, if it is on this machine', async ({
  app,
  page,
  home,
}) => {
  const file = join(home.root, 'home', 'a report.txt');
  await writeFile(file, 'x\n');
  const opened = join(home.root, 'opened-behind');
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByLabel('Editor').fill(`sh -c 'echo "$1" > ${opened}' - {file}:{line}`);
  await expect(page.getByText('Saved', { exact: true })).toHaveCount(1);
  const link = (host: string, words: string) =>
    `\\033]8;;file://${host}${file.replaceAll(' ', '%%20')}#12\\033\\\\${words}\\033]8;;\\033\\\\`;
  await shell(app, `printf '${link('', 'the report')}\\n${link('build-7', 'elsewhere')}\\n'`);
  await app.log.getByRole('button', { name: 'the report' }).click();
  await expect.poll(() => readFile(opened, 'utf8').catch(() => '')).toBe(`${file}:12\n`);
  await app.log.getByRole('button', { name: 'elsewhere' }).click();
  await expect(page.getByText(/is on build-7, and the editor is here/)).toBeVisible();
});

test('blocks that are drawn in rows and columns leave no seam', async ({ app, page }) => {
  await shell(
    app,
    `for row in 1 2 3 4 5 6; do printf '\\033[34m████████████████\\033[44m    \\033[m\\n'; done`,
  );
  for (const size of ['12', '13', '16']) {
    await page.evaluate((size) => localStorage.setItem('log-text', size), size);
    await page.reload();
    const [first, last] = [1, 6].map((n) => app.log.locator(`[data-line="${n}"] .text`));
    await expect(last!).toContainText('█');
    await page.evaluate(() => document.fonts.ready);
    const [top, bottom] = [(await first!.boundingBox())!, (await last!.boundingBox())!];
    const clip = {
      x: top.x + 2,
      y: top.y + 2,
      width: 12 * 7,
      height: bottom.y + bottom.height - top.y - 4,
    };
    const picture = (await page.screenshot({ clip })).toString('base64');
    const spreads = await page.evaluate(async (picture) => {
      const bytes = Uint8Array.from(atob(picture), (char) => char.charCodeAt(0));
      const image = await createImageBitmap(new Blob([bytes]));
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext('2d')!;
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, image.width, image.height);
      const of = (channel: number) => data.filter((_, at) => at % 4 === channel);
      return [0, 1, 2]
        .map((channel) => of(channel))
        .map((all) => Math.max(...all) - Math.min(...all));
    }, picture);
    // Where glyphs overlap, the rounding of their edges may be left, which nobody sees; a seam is several times that.
    for (const spread of spreads) expect(spread, `${size} px`).toBeLessThanOrEqual(8);
  }
  await page.evaluate(() => localStorage.removeItem('log-text'));
});
