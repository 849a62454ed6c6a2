// Jobs as terminals: shells, programs that fill the screen, and what of them must never type by itself.
import { type App, expect, test } from './app';
import { AXE, violations } from './axe';

/** Opens a shell of known manners. */
async function shell(app: App): Promise<void> {
  await app.shell('exec sh', { terminal: true });
  await expect(app.terminal).toContainText('#');
  await expect(app.keyboard).toBeFocused();
}

test('a shell opens as a terminal, and what is typed goes to it', async ({ app, page }) => {
  await shell(app);
  await page.keyboard.type('echo $((6*7))\n');
  await expect(app.screen('42')).toBeVisible();
  // Keys that mean something to the page mean nothing to it here.
  await page.keyboard.type('echo r?g/n [ok]');
  await page.keyboard.press('Enter');
  await expect(app.screen('r?g/n [ok]').last()).toBeVisible();
  await page.keyboard.type('sleep 1000\n');
  await page.keyboard.press('Control+c');
  await page.keyboard.type('echo "back: $?"\n');
  await expect(app.screen('back: 130')).toBeVisible();
  await page.keyboard.press('Control+.');
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('Control+u');
  await page.keyboard.press('Control+Shift+Escape');
  await expect(page.getByRole('radio', { name: 'Terminal' })).toBeFocused();
  await page.getByRole('radio', { name: 'Log' }).click();
  await expect(app.line('42')).toBeVisible();
  await page.getByRole('radio', { name: 'Terminal' }).click();
  await expect(app.screen('back: 130')).toBeVisible();
  await expect(app.keyboard).toBeFocused();
  await page.keyboard.press('Control+d');
  await expect(app.status).toHaveText('Done');
  await expect(page.getByTestId('terminal-state')).toContainText('Ended: this is the last screen');
});

test('what fills the screen opens by itself, and its last screen stays', async ({ app, page }) => {
  await app.shell("printf '\\033[?1049h\\033[H\\033[2Jthe whole screen'; read x; exit 3", {
    terminal: true,
  });
  await expect(app.screen('the whole screen')).toBeVisible();
  await expect(page.getByRole('radio', { name: 'Terminal' })).toHaveAttribute('data-state', 'on');
  await page.keyboard.type('done\n');
  await expect(app.status).toHaveText('Error');
  await expect(page.getByTestId('reason')).toHaveText('Exit code 3.');
  await expect(app.screen('the whole screen')).toBeVisible();
  await expect(page.getByTestId('terminal-state')).toContainText('input is closed');
  const sent: string[] = [];
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => sent.push(String(payload))),
  );
  await page.reload();
  await page.getByRole('radio', { name: 'Terminal' }).click();
  await expect(app.screen('the whole screen')).toBeVisible();
  await app.terminal.click();
  await page.keyboard.type('nobody hears');
  expect(sent.filter((call) => call.includes('"input"'))).toEqual([]);
});

test('vim starts, is left, and the shell is there again', async ({ app, page }) => {
  await shell(app);
  await page.keyboard.type('vim -u NONE -N\n');
  await expect(app.screen('~').first()).toBeVisible();
  await page.keyboard.type('ihello from vim');
  await page.keyboard.press('Escape');
  await expect(app.screen('hello from vim')).toBeVisible();
  await page.keyboard.type(':q!\n');
  await expect(app.screen('hello from vim')).toHaveCount(0);
  await page.keyboard.type('echo $((1300+37))\n');
  await expect(app.screen('1337')).toBeVisible();
  await page.keyboard.press('Control+d');
  await expect(app.status).toHaveText('Done');
});

test('it gets its size, also when it changes', async ({ app, page }) => {
  await shell(app);
  const size = page.getByTestId('terminal-size');
  const shownSize = async () => {
    const [cols, rows] = (await size.innerText()).split(' × ');
    return `${rows} ${cols}`;
  };
  const isShown = async () => await app.screen(await shownSize()).count();
  await page.keyboard.type('stty size\n');
  await expect.poll(isShown).toBeGreaterThan(0);
  const before = await shownSize();
  await page.setViewportSize({ width: 900, height: 600 });
  await expect.poll(shownSize).not.toBe(before);
  await page.keyboard.type('stty size\n');
  await expect.poll(isShown).toBeGreaterThan(0);
  await page.keyboard.press('Control+d');
});

test('a dropped socket resumes without a gap or a double', async ({ app, page }) => {
  await shell(app);
  await page.keyboard.type('n=0; while :; do n=$((n+1)); echo "row $n."; sleep 0.02; done\n');
  const reached = async () => {
    const rows = await app.screen(/^row.\d+\./).allTextContents();
    return Math.max(0, ...rows.map((row) => parseInt(row.slice(4), 10)));
  };
  // A row is gone again before a slow look.
  await expect.poll(reached).toBeGreaterThan(20);
  await app.drop();
  await expect(page.getByTestId('store-state')).toHaveText('Logs kept in Postgres');
  const before = await reached();
  await expect.poll(reached).toBeGreaterThan(before + 100);
  await page.keyboard.press('Control+c');
  await page.keyboard.type('echo $?\n');
  // What is typed before the prompt is there is shown before it.
  await expect(app.screen(/^(# )?130$/)).toBeVisible();
  const text = (await app.screen(/^row \d+\./).allTextContents()).join('\n');
  const rows = [...text.matchAll(/^row.(\d+)\./gm)].map(([, row]) => Number(row));
  expect(rows.length).toBeGreaterThan(20);
  rows.forEach((row, i) => expect(row).toBe(rows[0]! + i));
  await page.keyboard.type('exit\n');
  await expect(app.status).toHaveText('Done');
});

test('a program that asks gets an answer while it runs, and a replay gives none', async ({
  app,
  page,
}) => {
  // Where the cursor is, what the terminal is, a colour, the clipboard, a setting.
  const ask = "printf '\\033[6n\\033[c\\033]11;?\\007\\033]52;c;?\\007\\033P$qm\\033\\\\'";
  await app.shell(
    `stty -echo -icanon min 0 time 20; ${ask}; cat -v; echo; echo heard; sleep 1; stty min 1; cat -v`,
    { terminal: true },
  );
  await page.getByRole('radio', { name: 'Terminal' }).click();
  // It opened as a log, so nothing has answered yet; but it is fresh, and this is its first terminal.
  await expect(app.screen('^[[1;1R^[[?1;2c')).toBeVisible();
  await expect(app.screen('heard')).toBeVisible();
  await expect(app.screen('rgb')).toHaveCount(0);
  const sent: string[] = [];
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => sent.push(String(payload))),
  );
  await page.reload();
  await page.getByRole('radio', { name: 'Terminal' }).click();
  await expect(app.screen('heard')).toBeVisible();
  await page.keyboard.type('by hand');
  await expect(app.screen('by hand')).toBeVisible();
  const typed = sent
    .map(
      (call) => JSON.parse(call) as { request: { job?: { type: string; with: { text: string } } } },
    )
    .map(({ request }) => (request.job?.type === 'input' ? request.job.with.text : ''))
    .join('');
  expect(typed).toBe('by hand');
  await app.button('Cancel').click();
  await expect(app.status).toHaveText('Canceled');
});

test('of a long log the tail is shown, and where the rest is', async ({ app, page }) => {
  await app.shell(
    "yes 'a row of some length, so that there is much of it' | head -c 9000000; echo; echo last",
    { terminal: true },
  );
  await expect(app.status).toHaveText('Done');
  await page.getByRole('radio', { name: 'Terminal' }).click();
  await expect(app.screen(/^last$/)).toBeVisible();
  await page.getByText('Earlier output is in the log').getByRole('button').click();
  await expect(app.line('a row of some length').first()).toBeVisible();
});

test('a paste cannot end its own brackets', async ({ app, page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await app.shell("printf '\\033[?2004h'; stty -echo -icanon; exec cat -v", { terminal: true });
  await expect(app.keyboard).toBeFocused();
  await page.evaluate(() => navigator.clipboard.writeText('a\u001b[201~b\tc'));
  await page.keyboard.press('Control+Shift+v');
  await expect(app.screen('^[[200~a[201~b')).toBeVisible();
  await page.keyboard.press('Control+c');
  await expect(app.status).toHaveText('Error');
});

test('a shell opens in a project’s folder, from its menu', async ({ app, page }) => {
  await app.unfold();
  await page.getByRole('button', { name: 'More for vm' }).click();
  await page.getByRole('menuitem', { name: 'Open a shell in this folder' }).click();
  await expect(app.keyboard).toBeFocused();
  await page.keyboard.type('ls Makefile && exit\n');
  await expect(app.status).toHaveText('Done');
});

for (const scheme of ['dark', 'light'] as const) {
  test.describe(scheme, () => {
    test.use({ colorScheme: scheme, reducedMotion: 'reduce' });

    test('it can be read and named, running and over', async ({ app, page }) => {
      await page.addInitScript(AXE);
      await page.reload();
      await expect(page.getByTestId('store-state')).toHaveText('Logs kept in Postgres');
      await shell(app);
      const colors =
        'for n in 0 1 2 3 4 5 6 7; do printf "\\033[3${n}m colour $n \\033[9${n}m bright\\033[0m\\n"; done';
      await page.keyboard.type(`${colors}\n`);
      await expect(app.screen('colour 7').last()).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Control+d');
      await expect(app.status).toHaveText('Done');
      expect(await violations(page)).toEqual([]);
    });
  });
}
