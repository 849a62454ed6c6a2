// Drops and restarts: the page comes back by itself, or says what to do.
import { App, expect, test } from './app';
import { Home, Server } from './serve';

test('a dropped socket resumes without a gap', async ({ app, page }) => {
  await app.run('logs');
  await expect(app.line(/web-1/).first()).toBeVisible();
  await app.drop();
  await expect(page.getByTestId('store-state')).toHaveText('Logs kept in Postgres');
  const last = await app.lastLine();
  await expect.poll(() => app.lastLine()).toBeGreaterThan(last + 5);
  // A row is there before its text is.
  const wrong = () =>
    app.log.locator('[data-line]').evaluateAll((all) => {
      const rows = all.map((row) => [Number((row as HTMLElement).dataset.line), row.textContent]);
      const first = rows[0]![0] as number;
      return rows.filter(
        ([number, text], i) => number !== first + i || !/web|db|cache|make/.test(String(text)),
      );
    });
  await expect.poll(wrong).toEqual([]);
  await page.keyboard.press('Control+.');
  await expect(app.status).toHaveText('Canceled');
});

test('a restarted server is not taken for one that is away', async ({ page }) => {
  const home = await Home.make();
  let server = await Server.start(home);
  try {
    await page.goto(server.served.url);
    await expect(
      page.getByRole('heading', { name: 'Run it, watch it, find it again.' }),
    ).toBeVisible();
    await server.stop();
    await expect(page.getByText('Connection lost. Reconnecting…')).toBeVisible();
    server = await Server.start(home, server.served.port);
    await expect(
      page.getByRole('heading', { name: 'This page is not signed in to the app' }),
    ).toBeVisible();
    await page.goto('about:blank');
    await page.goto(server.served.url);
    await expect(
      page.getByRole('heading', { name: 'Run it, watch it, find it again.' }),
    ).toBeVisible();
  } finally {
    await server.stop();
    await home.remove();
  }
});

test('a server that is stopped is noticed, what is shown says as of when, and a cancel is kept', async ({
  page,
}) => {
  const home = await Home.make();
  const server = await Server.start(home);
  const app = new App(page);
  try {
    await page.goto(server.served.url);
    await app.run('logs');
    await expect(app.line(/web-1/).first()).toBeVisible();
    server.child.kill('SIGSTOP');
    const since = Date.now();
    await expect(page.getByTestId('as-of')).toHaveText(/^as of \d\d:\d\d:\d\d$/);
    // Ten seconds, and what a machine under load adds.
    expect(Date.now() - since).toBeLessThan(13_000);
    await app.button('Cancel').click();
    await expect(page.getByTestId('canceling')).toHaveText('Will be sent once connected');
    server.child.kill('SIGCONT');
    await expect(page.getByTestId('as-of')).toHaveCount(0);
    await expect(app.status).toHaveText('Canceled');
  } finally {
    server.child.kill('SIGCONT');
    await server.stop();
    await home.remove();
  }
});

test('a page without a code says where to find one', async ({ page, server }) => {
  await page.goto(server.served.origin);
  await expect(
    page.getByRole('heading', { name: 'This page is not signed in to the app' }),
  ).toBeVisible();
  await expect(page.getByText('vmo serve')).toBeVisible();
});
