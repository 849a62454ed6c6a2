// Pictures of every page and state, in both themes, into screenshots/, and of some into docs/pictures: a part of
// `make screenshots`.
import { mkdir, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { PLACES } from './states';
import { test } from './states/world';

const FOLDER = resolve('screenshots');
/** The states that the user guide shows, too. */
const IN_DOCS = ['batch-grouped', 'compare-new-lines', 'hosts-page', 'settings'];
const NORMAL = { width: 1360, height: 860 };
const SMALL = { width: 900, height: 600 };
/** What is left of the normal window after a person has made everything twice as large. */
const ZOOMED = { width: 680, height: 430 };

test.beforeAll(() => mkdir(FOLDER, { recursive: true }));

for (const place of PLACES) {
  test(place.name, async ({ at, page, world }) => {
    const app = await at(place.which);
    for (const state of place.states) {
      await test.step(state.name, async () => {
        await state.reach({ app, page, world });
        await pictures(page, state.name);
        if (state.small) {
          await page.setViewportSize(SMALL);
          await pictures(page, `${state.name}-900x600`);
          await page.setViewportSize(ZOOMED);
          await pictures(page, `${state.name}-zoomed`, 2);
        }
        await page.setViewportSize(NORMAL);
        await state.leave?.({ app, page, world });
      });
    }
  });
}

/** One in each theme; a zoomed window has as many more pixels for each of the page's. */
async function pictures(page: Page, name: string, zoom = 1): Promise<void> {
  const browser = await page.context().newCDPSession(page);
  const metrics = { ...page.viewportSize()!, deviceScaleFactor: zoom, mobile: false };
  await browser.send('Emulation.setDeviceMetricsOverride', metrics);
  for (const theme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme: theme });
    // Drawn, and not only reported.
    await page.evaluate(
      () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
    );
    const path = resolve(FOLDER, `${name}-${theme}.png`);
    const { data } = await browser.send('Page.captureScreenshot');
    await writeFile(path, data, 'base64');
    if (theme === 'light' && IN_DOCS.includes(name)) {
      await writeFile(resolve('docs/pictures', `${name}-light.png`), data, 'base64');
    }
    console.log(path);
  }
  await browser.detach();
}
