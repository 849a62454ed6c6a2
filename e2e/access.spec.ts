// Names, roles and contrast (WCAG 2.2 AA as far as axe can tell), in both themes, place by place.
import { expect, test } from './app';
import { AXE, violations } from './axe';

for (const scheme of ['dark', 'light'] as const) {
  test.describe(scheme, () => {
    test.use({ colorScheme: scheme, reducedMotion: 'reduce' });

    test('every place can be read and named', async ({ app, page }) => {
      await page.addInitScript(AXE);
      await page.reload();
      await expect(
        page.getByRole('heading', { name: 'Run it, watch it, find it again.' }),
      ).toBeVisible();
      expect(await violations(page)).toEqual([]);

      await app.run('colors');
      await expect(app.status).toHaveText('Done');
      await page.getByRole('button', { name: 'Details' }).click();
      expect(await violations(page)).toEqual([]);

      await app.run('fail');
      await expect(app.status).toHaveText('Error');
      expect(await violations(page)).toEqual([]);

      await expect(page.getByTestId('errors')).toBeVisible();
      await page.keyboard.press('Control+f');
      const find = page.getByRole('search', { name: 'Find in the log' });
      await find.getByRole('textbox').fill('checks');
      await expect(app.log.locator('mark.current')).toBeVisible();
      await find.getByRole('button', { name: /^Only hits/ }).click();
      expect(await violations(page)).toEqual([]);
      await find.getByRole('button', { name: 'Close the search' }).click();

      await app.history();
      await expect(page.locator('tr[data-job]').first()).toBeVisible();
      expect(await violations(page)).toEqual([]);

      await page.keyboard.press('Control+k');
      await page.keyboard.type('s');
      await expect(page.getByRole('option').first()).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');

      await app.target('destroy').click();
      await expect(page.getByRole('dialog', { name: 'Run destroy' })).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');

      await page.getByRole('link', { name: 'Settings' }).click();
      await expect(page.getByRole('textbox', { name: 'Database' })).toBeVisible();
      expect(await violations(page)).toEqual([]);
    });
  });
}
