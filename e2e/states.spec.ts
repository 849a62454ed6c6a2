// Every page and state, in both themes and in small windows: each can be read and named (WCAG 2.2 AA as far as axe can
// tell), nothing is cut off, and nothing moves if a person wants no motion.
import { expect, type Page } from '@playwright/test';
import { AXE, violations } from './axe';
import { misfits, motions, walk } from './fits';
import { PLACES } from './states';
import { test } from './states/world';

const NORMAL = { width: 1360, height: 860 };
/** A small window; and what is left of the normal one after a person has made everything twice as large. */
const SMALL = [
  { width: 900, height: 600 },
  { width: 680, height: 430 },
];

/** One state's flaw does not hide another's. */
const soft = expect.configure({ soft: true });

// A trace of so many states costs more than they do; a failure names its state.
test.use({ colorScheme: 'dark', trace: 'off', contextOptions: { reducedMotion: 'reduce' } });

for (const place of PLACES) {
  test(place.name, async ({ at, page, world }) => {
    await page.addInitScript(AXE);
    const app = await at(place.which);
    for (const state of place.states) {
      await test.step(state.name, async () => {
        await state.reach({ app, page, world });
        await check(page, state.name);
        if (state.main) soft(await walk(page), state.name).toEqual({ missed: [], unseen: [] });
        await state.leave?.({ app, page, world });
      });
    }
  });
}

async function check(page: Page, name: string): Promise<void> {
  await expect.poll(() => motions(page), `${name}: motion`).toEqual([]);
  await fits(page, name);
  soft(await violations(page), `${name}, dark`).toEqual([]);
  await page.emulateMedia({ colorScheme: 'light' });
  // The other theme has the same names and roles, and other colours.
  soft(await violations(page, 'only'), `${name}, light`).toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark' });
  for (const size of SMALL) {
    await page.setViewportSize(size);
    await fits(page, `${name}, ${size.width} × ${size.height}`);
  }
  // The smaller of the two has dropped all that the other has; colours are those of the theme.
  soft(await violations(page, 'not'), `${name}, small`).toEqual([]);
  await page.setViewportSize(NORMAL);
}

/** What does not fit at once may fit after the page has been laid out again. */
async function fits(page: Page, name: string): Promise<void> {
  await soft.poll(async () => await misfits(page), name).toEqual([]);
}
