// Tabs: used again, found by a few letters, put in order; menus at the pointer; and the way back after a restart.
import { type App, expect, test } from './app';

const tabs = (app: App) =>
  app.page.getByRole('navigation', { name: 'Open jobs' }).getByRole('link');

/** Runs a shell command here, and waits until it is done. */
async function shell(app: App, script: string): Promise<void> {
  await app.shell(script);
  await expect(app.status).toHaveText('Done');
}

test('run again takes the tab of the run before, which can be opened again', async ({
  app,
  page,
}) => {
  await shell(app, 'echo one');
  await shell(app, 'echo two');
  await tabs(app).first().click();
  await expect(app.line('one')).toBeVisible();
  const before = page.url();
  await page.keyboard.press('r');
  await expect(page).not.toHaveURL(before);
  await expect(app.status).toHaveText('Done');
  await expect(tabs(app)).toHaveText([/echo one/, /echo two/]);
  await tabs(app).first().click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Reopen the last one' }).click();
  await expect(tabs(app)).toHaveCount(3);
  await expect(page).toHaveURL(before);
});

test('tabs are dragged, moved by key, and found by a few letters', async ({ app, page }) => {
  for (const word of ['alpha', 'beta', 'gamma']) await shell(app, `echo ${word}`);
  const to = (await tabs(app).nth(1).boundingBox())!;
  // As soon as nothing lies over it any more.
  await tabs(app).first().hover();
  await page.mouse.down();
  await page.mouse.move(to.x + to.width - 10, to.y + 20, { steps: 5 });
  await page.mouse.up();
  await expect(tabs(app)).toHaveText([/beta/, /alpha/, /gamma/]);
  await expect(app.line('gamma')).toBeVisible();
  await page.keyboard.press('Control+Shift+PageUp');
  await expect(tabs(app)).toHaveText([/beta/, /gamma/, /alpha/]);
  await page.keyboard.press('Control+Shift+A');
  await page.getByRole('combobox').fill('bet');
  await page.keyboard.press('Enter');
  await expect(app.line('beta')).toBeVisible();
});

test('with no tab open there is what ran last, and the menu of a row opens at the pointer', async ({
  app,
  page,
}) => {
  await shell(app, 'echo kept');
  await page.getByRole('button', { name: 'Close echo kept' }).click();
  await expect(page.getByRole('rowheader', { name: 'Recent' })).toBeVisible();
  const row = page.locator('tr[data-job]').filter({ hasText: 'echo kept' }).first();
  const box = (await row.boundingBox())!;
  await page.mouse.click(box.x + 300, box.y + 18, { button: 'right' });
  const menu = page.getByRole('menu');
  await expect(menu).toBeVisible();
  // It rises as it comes.
  await expect
    .poll(async () => Math.abs((await menu.boundingBox())!.x - (box.x + 300)))
    .toBeLessThan(4);
  await page.keyboard.press('Escape');
  await row.getByRole('link').click();
  await expect(app.line('kept')).toBeVisible();
});

test('no menu of the browser opens but in fields', async ({ app, page }) => {
  const opens = (selector: string) =>
    page.evaluate((on) => {
      const event = new MouseEvent('contextmenu', { bubbles: true, cancelable: true, button: 2 });
      return document.querySelector(on)!.dispatchEvent(event);
    }, selector);
  await shell(app, 'echo here');
  expect(await opens('header h1')).toBe(false);
  expect(await opens('body')).toBe(false);
  expect(await opens('input[placeholder="Filter"]')).toBe(true);
});

test('bars that go back to lines above them are offered a terminal, in which they are bars', async ({
  app,
  page,
}) => {
  // As `docker compose pull` draws.
  const bars = [
    "printf 'web 0 %%\\ndb 0 %%\\n'",
    "for n in 20 40 60 80 100; do printf '\\033[2A\\033[2Kweb %d %%\\n\\033[2Kdb %d %%\\n' $n $n; done",
  ];
  await app.shell(`${bars.join('; ')}; read -r line`);
  await expect(app.line('web 100 %')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel and run in a terminal' }).click();
  await expect(app.terminal).toContainText('db 100 %');
  await expect(app.terminal).not.toContainText('db 80 %');
  await page.keyboard.type('\n');
  await expect(app.status).toHaveText('Done');
});

test('a program that wants a terminal is given one', async ({ app, page }) => {
  await app.shell('test -t 0 || echo "stdin: not a tty"; test -t 0 && echo "it is one"');
  await expect(app.status).toHaveText('Error');
  await page.getByRole('button', { name: 'Run again in a terminal' }).click();
  await expect(app.terminal).toContainText('it is one');
});
