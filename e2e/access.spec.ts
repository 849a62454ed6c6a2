// Names, roles and contrast (WCAG 2.2 AA as far as axe can tell), in both themes, place by place.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type axe from 'axe-core';
import type { Page } from '@playwright/test';
import { expect, test } from './app';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function violations(page: Page): Promise<string[]> {
  const found = await page.evaluate(async () => {
    const { axe: run } = window as unknown as { axe: typeof axe };
    return (await run.run(document, { resultTypes: ['violations'] })).violations;
  });
  return found.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
  );
}

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
