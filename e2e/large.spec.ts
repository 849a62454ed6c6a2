// A million lines: nothing is refused, and the page holds a screenful.
import { expect, test } from './app';

test('a flood is followed to its end, and any place in it is a key away', async ({ app, page }) => {
  const sent: string[] = [];
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => sent.push(String(payload))),
  );
  await page.reload();
  await app.run('flood');
  await expect(app.status).toHaveText('Done', { timeout: 60_000 });
  // Over before its window was open, it opens at its top; else the end was followed.
  await page.keyboard.press('Shift+G');
  await expect(app.line('line 1000000 of a flood')).toBeVisible();
  // It was asked for once, and the lines came by themselves.
  expect(sent.filter((call) => call.includes('"unfollow"'))).toEqual([]);
  expect(sent.filter((call) => call.includes('"start"'))).toHaveLength(1);
  expect(sent.filter((call) => call.includes('"follow"')).length).toBeLessThanOrEqual(3);
  await page.keyboard.press('g');
  await expect(app.line('line 1 of a flood')).toBeVisible();
  expect(await app.log.locator('[data-line]').count()).toBeLessThan(60);
  await app.log.evaluate((log) => (log.scrollTop = log.scrollHeight / 2));
  await expect(app.line(/line (499|500)\d{3} of a flood/).first()).toBeVisible();
  await page.keyboard.press('Shift+G');
  await expect(app.line('line 1000000 of a flood')).toBeVisible();
});

test('a range over rows that are not on screen is copied from the data', async ({
  app,
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await app.unfold();
  await app.target('flood').hover();
  await page.getByRole('button', { name: 'Run flood with variables' }).click();
  await page.getByRole('textbox', { name: 'COUNT' }).fill('5000');
  await page.getByRole('button', { name: 'Run flood', exact: true }).click();
  await expect(app.status).toHaveText('Done');
  await page.keyboard.press('g');
  await app.line('line 2 of').click();
  await page.keyboard.press('Shift+G');
  await app.line('line 4998 of').click({ modifiers: ['Shift'] });
  await expect(page.getByText('Lines 2 to 4998 selected')).toBeVisible();
  await app.log.focus();
  await page.keyboard.press('Control+c');
  await expect
    .poll(
      async () => (await page.evaluate(() => navigator.clipboard.readText())).split('\n').length,
    )
    .toBe(4997);
});
