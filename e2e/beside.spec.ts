// Two logs side by side: opened from a tab, by key and by a drag; which of them has the keys; small windows; restarts.
import { type App, expect, test } from './app';

const tabs = (app: App) =>
  app.page.getByRole('navigation', { name: 'Open jobs' }).getByRole('link');

async function shell(app: App, script: string): Promise<void> {
  await app.shell(script);
  await expect(app.status).toHaveText('Done');
}

test('a tab opens beside another, and what has the focus has the keys', async ({ app, page }) => {
  await page.setViewportSize({ width: 1360, height: 860 });
  await shell(app, 'seq -f "left %.0f" 300');
  await shell(app, 'seq -f "right %.0f" 300');
  await tabs(app).first().click();
  await expect(app.line(/left \d/).first()).toBeVisible();
  await page.keyboard.press('Shift+G');
  await expect(app.line('left 300')).toBeVisible();
  await tabs(app).last().click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Open beside' }).click();
  const beside = page.getByTestId('beside');
  await expect(beside.getByText(/^right \d/).first()).toBeVisible();
  await expect(app.log).toHaveCount(2);
  // It was opened to be read.
  await page.keyboard.press('Shift+G');
  await expect(beside.getByText('right 300', { exact: true })).toBeVisible();
  await page.keyboard.press('g');
  await expect(beside.getByText('right 1', { exact: true })).toBeVisible();
  await expect(app.line('left 300')).toBeVisible();
  await page.keyboard.press('F6');
  await page.keyboard.press('g');
  await expect(app.line(/left 1$/)).toBeVisible();
  await page.keyboard.press('F6');
  await page.keyboard.press('Control+f');
  await expect(beside.getByRole('search')).toBeVisible();
  await page.keyboard.press('Escape');
  // It is there again after a restart.
  await page.reload();
  await expect(beside.getByText(/^right /).first()).toBeVisible();
  await beside.getByRole('button', { name: 'Swap the two' }).click();
  await expect(beside.getByText(/^left /).first()).toBeVisible();
  // Its tab is closed, and it with that.
  await page.getByRole('button', { name: 'Close seq -f "left %.0f" 300' }).click();
  await expect(beside).toHaveCount(0);
  await expect(app.line(/right \d+$/).first()).toBeVisible();
});

test('a small window has no room for two, and says what is beside', async ({ app, page }) => {
  await page.setViewportSize({ width: 1360, height: 860 });
  await shell(app, 'echo one');
  await shell(app, 'echo two');
  await page.keyboard.press('Control+\\');
  await expect(page.getByTestId('beside')).toBeVisible();
  await page.setViewportSize({ width: 900, height: 600 });
  await expect(page.getByTestId('beside')).toHaveCount(0);
  const crowded = page.getByTestId('beside-crowded');
  await expect(crowded).toContainText('No room for echo one beside this log');
  await crowded.getByRole('button', { name: 'Show it here' }).click();
  await expect(crowded).toContainText('No room for echo two beside this log');
  await expect(app.line('one')).toBeVisible();
  await page.setViewportSize({ width: 1360, height: 860 });
  await expect(page.getByTestId('beside').getByText('two', { exact: true })).toBeVisible();
  await page.keyboard.press('Control+\\');
  await expect(page.getByTestId('beside')).toHaveCount(0);
});

test('a tab that is let go over the right half is opened there', async ({ app, page }) => {
  await page.setViewportSize({ width: 1360, height: 860 });
  await shell(app, 'echo one');
  await shell(app, 'echo two');
  await tabs(app).first().hover();
  await page.mouse.down();
  await page.mouse.move(1100, 500, { steps: 5 });
  await expect(page.getByTestId('beside-awaited')).toBeVisible();
  await page.mouse.up();
  await expect(page.getByTestId('beside').getByText('one', { exact: true })).toBeVisible();
  await expect(page.getByTestId('beside-awaited')).toHaveCount(0);
  await expect(app.status).toHaveText('Done');
});
