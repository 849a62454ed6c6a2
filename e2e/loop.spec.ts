// The loop: a click, live lines, a status; and again after a reload.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from './app';

test('the code in the address is gone at once, and the token is not in it', async ({
  app,
  server,
}) => {
  expect(app.page.url()).toBe(`${server.served.origin}/`);
  expect(server.served.url).toContain('#code=');
});

test('a click on a demo target runs it: its lines come, then it is done', async ({ app }) => {
  await app.run('status');
  await expect(app.line('web-1')).toBeVisible();
  await expect(app.line('5 machines: 3 running, 1 starting, 1 stopped')).toBeVisible();
  await expect(app.status).toHaveText('Done');
  await expect(app.target('status').getByRole('img', { name: 'Done' })).toBeVisible();
});

test('colours arrive as styles of text', async ({ app }) => {
  await app.run('status');
  const running = app.line('web-1').getByText('running', { exact: true });
  await expect(running).toHaveCSS('color', /^rgb\((?!212, 214, 218|43, 46, 52)/);
});

test('a failing target says how it ended, and keeps stdout and stderr apart', async ({ app }) => {
  await app.run('fail');
  await expect(app.status).toHaveText('Error');
  await expect(app.page.getByTestId('reason')).toHaveText(
    /^make exited with code 2: fail failed with exit code 7 at Makefile:\d+\.$/,
  );
  await expect(app.line('error: 1 of 3 checks failed').getByTitle('stderr')).toBeVisible();
  await expect(app.line('checking the deploy').getByTitle('stderr')).toHaveCount(0);
});

test('a job is canceled', async ({ app }) => {
  await app.run('logs');
  await expect(app.line(/web-1/).first()).toBeVisible();
  await app.button('Cancel').click();
  await expect(app.status).toHaveText('Canceled');
  await expect(app.button(/^Run again/).last()).toBeVisible();
});

test('scrolling up pauses, and the badge follows again', async ({ app, page }) => {
  await app.run('logs');
  const rows = app.log.locator('[data-line]');
  await expect(page.getByText('Following')).toBeVisible();
  // Enough to scroll.
  await expect.poll(() => app.lastLine()).toBeGreaterThan(60);
  await app.log.hover();
  await page.mouse.wheel(0, -400);
  const badge = page.getByRole('button', { name: 'Paused' });
  await expect(badge).toBeVisible();
  // The window has moved before a line comes; from then on it stays.
  await expect(badge).toContainText(/([3-9]|\d\d) new lines/);
  const first = await rows.first().getAttribute('data-line');
  await expect(badge).toContainText(/\d\d new lines/);
  expect(await rows.first().getAttribute('data-line')).toBe(first);
  await badge.click();
  await expect(page.getByText('Following')).toBeVisible();
  await page.keyboard.press('Control+.');
  await expect(app.status).toHaveText('Canceled');
  // The row for input is gone and the window is taller; it is still at the end.
  const lines = async () => {
    const extent = (await page.getByTestId('extent').textContent())!;
    return parseInt(extent.replaceAll(',', ''), 10);
  };
  await expect.poll(async () => (await lines()) - (await app.lastLine())).toBe(0);
  const below = () =>
    app.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight);
  await expect.poll(below).toBeLessThanOrEqual(1);
});

test('pages are turned by key wherever the click that launched it left the focus', async ({
  app,
  page,
}) => {
  await app.run('logs');
  await expect(page.getByText('Following')).toBeVisible();
  await page.keyboard.press('Home');
  await expect(page.getByRole('button', { name: 'Paused' })).toBeVisible();
  await page.keyboard.press('End');
  await expect(page.getByText('Following')).toBeVisible();
  await page.keyboard.press('Control+.');
  await expect(app.status).toHaveText('Canceled');
});

test('a job whose page was left is followed on when it is come back to', async ({ app, page }) => {
  await app.run('logs');
  await expect(app.line('slow query').first()).toBeVisible();
  await app.history();
  await page.getByRole('link', { name: 'Running logs' }).click();
  // Of a full window only the numbers grow.
  const seen = await app.lastLine();
  await expect.poll(() => app.lastLine()).toBeGreaterThan(seen + 5);
  await page.keyboard.press('Control+.');
  await expect(app.status).toHaveText('Canceled');
});

test('lines come live, and what is typed reaches the job', async ({ app, page }) => {
  // It runs until it is answered, however long a look takes: the first line is there while the last is still to come.
  await app.run('ask');
  await expect(app.line('Enter a value:')).toBeVisible();
  await expect(app.status).toHaveText('Waits for input');
  await expect(app.line('You entered')).toHaveCount(0);
  // The field has the keyboard by then.
  await expect(page.getByRole('textbox', { name: 'Input for the job' })).toBeFocused();
  await page.keyboard.type('forty-two');
  await page.keyboard.press('Enter');
  await expect(app.line('You entered: forty-two')).toBeVisible();
  await expect(app.status).toHaveText('Done');
});

test('a password that is asked for is not shown while it is typed', async ({ app, page }) => {
  const script = 'printf "Password: "; read x; echo; echo "of ${#x} characters"; sleep 1000';
  await app.shell(script);
  await expect(app.status).toHaveText('Waits for input');
  await expect(page).toHaveTitle(/^Waits for input: /);
  const field = page.getByLabel('Secret input for the job');
  await expect(field).toHaveAttribute('type', 'password');
  await field.fill('hunter2');
  await page.keyboard.press('Enter');
  await expect(app.line('of 7 characters')).toBeVisible();
  await expect(app.status).toHaveText('Running');
  await app.button('Cancel').click();
  await expect(app.status).toHaveText('Canceled');
});

test('a terminal is as large as its window, and takes Ctrl C', async ({ app, page }) => {
  const script =
    'trap \'echo interrupted; exit 7\' INT; trap \'echo "now $(stty size)"\' WINCH; echo "first $(stty size)"; while :; do sleep 0.1; done';
  await app.shell(script, { terminal: true });
  await page.getByRole('radio', { name: 'Log' }).click();
  await expect(app.line(/first \d+ \d+/)).toBeVisible();
  await page.setViewportSize({ width: 900, height: 600 });
  // What fits into 900 by 600 px, beside the sidebar, below the header and above the row for input.
  await expect(app.line(/now 2\d 7\d/).last()).toBeVisible();
  await page.getByRole('textbox', { name: 'Input for the job' }).press('Control+c');
  await expect(app.line('interrupted')).toBeVisible();
  await expect(app.status).toHaveText('Error');
  await expect(page.getByTestId('reason')).toHaveText('Exit code 7.');
});

test('a second run of an exclusive target waits, and the page says why', async ({
  app,
  page,
  home,
}) => {
  // It runs until it is canceled, however long the second start takes.
  const folder = join(home.root, 'exclusive');
  await mkdir(folder);
  await writeFile(join(folder, 'Makefile'), 'hold: ## Hold the door @exclusive\n\t@sleep 1000\n');
  await page.getByRole('button', { name: 'Add a folder with a Makefile' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill(folder);
  await page.getByRole('button', { name: 'Add this folder' }).click();
  await app.target('hold').click();
  await page.getByRole('button', { name: 'Trust exclusive and continue' }).click();
  await expect(app.status).toHaveText('Running');
  const first = page.url();
  await app.target('hold').hover();
  await page.getByRole('button', { name: 'Run hold with variables…' }).click();
  await page
    .getByRole('dialog', { name: 'Run hold' })
    .getByRole('button', { name: 'Run hold' })
    .click();
  await expect(app.status).toHaveText('Queued');
  await expect(page.getByTestId('waits')).toHaveText(
    'Waiting: make hold runs already, and hold is exclusive.',
  );
  await app.button('Cancel').click();
  await expect(app.status).toHaveText('Canceled');
  await page.goto(first);
  await app.button('Cancel').click();
  await expect(app.status).toHaveText('Canceled');
});

test('a dangerous target asks first, with the exact line', async ({ app, page }) => {
  await app.unfold();
  await app.target('destroy').click();
  const form = page.getByRole('dialog', { name: 'Run destroy' });
  await form.getByRole('textbox', { name: 'NAME' }).fill('web-9');
  await expect(form.getByText('make destroy NAME=web-9')).toBeVisible();
  await form.getByRole('button', { name: 'Run destroy' }).click();
  await expect(app.line('removing web-9')).toBeVisible();
  await expect(app.status).toHaveText('Done');
});

test('after a reload the job is still there, live', async ({ app, page }) => {
  await app.run('logs');
  await expect(app.line(/web-1/).first()).toBeVisible();
  await page.reload();
  await expect(app.status).toHaveText('Running');
  await expect(app.line(/web-1/).first()).toBeVisible();
  await app.button('Cancel').click();
  await expect(app.status).toHaveText('Canceled');
});

test('a shell command runs here', async ({ app, page }) => {
  await app.shell('printf "one\\ntwo"; exit 3');
  await expect(app.line('two')).toBeVisible();
  await expect(app.status).toHaveText('Error');
  await expect(page.getByTestId('reason')).toHaveText('Exit code 3.');
});

test('keys go from one open job to the next, close it, and go to the other pages', async ({
  app,
  page,
}) => {
  await app.run('hello');
  await expect(app.status).toHaveText('Done');
  const first = page.url();
  await app.run('status');
  const second = page.url();
  await page.keyboard.press('Control+Shift+Tab');
  await expect(page).toHaveURL(first);
  await page.keyboard.press('Control+Tab');
  await expect(page).toHaveURL(second);
  await page.keyboard.press('Control+w');
  await expect(page).not.toHaveURL(second);
  await page.keyboard.press('Control+Shift+T');
  await expect(page).toHaveURL(second);
  await page.keyboard.press('Control+9');
  await expect(page).toHaveURL(second);

  const tabs = page.getByRole('navigation', { name: 'Open jobs' }).getByRole('link');
  await tabs.last().click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Close the others' }).click();
  await expect(tabs).toHaveCount(1);
  await expect(page).toHaveURL(second);
  await page.keyboard.press('Control+Shift+T');
  await expect(tabs).toHaveCount(2);
  await page.keyboard.press('Control+Shift+H');
  await expect(page.getByRole('heading', { name: 'History' })).toBeVisible();
  await page.keyboard.press('Control+,');
  await expect(page.getByRole('textbox', { name: 'Database' })).toBeVisible();
});

test('the end of a job names its place in the makefile as something to be opened', async ({
  app,
  page,
}) => {
  await app.run('fail');
  await expect(app.status).toHaveText('Error');
  const place = page.getByTestId('reason').getByRole('button', { name: /^Makefile:\d+$/ });
  await expect(place).toBeVisible();
  await expect(page.getByTestId('reason')).toHaveText(/exit code \d+ at Makefile:\d+/);
});
