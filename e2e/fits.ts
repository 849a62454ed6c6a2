// What a page of any size must hold to, beyond what axe can tell: nothing is cut off or covered, nothing moves if a
// person wants none of that, and the keyboard reaches everything and shows where it is.
import type { Page } from '@playwright/test';

/** Controls that a person cannot get at, and a page that scrolls as a whole; none if all is well. */
export function misfits(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const root = document.scrollingElement!;
    if (root.scrollWidth > root.clientWidth) found.push(`the page is ${root.scrollWidth} px wide`);
    if (root.scrollHeight > root.clientHeight)
      found.push(`the page is ${root.scrollHeight} px high`);
    const lists = [...document.querySelectorAll('[role="menu"], [role="listbox"]')];
    // What is open has the keyboard; a list that is part of a dialog is not above it, unless it pops up.
    const isAbove = (one: Element) =>
      one.closest('[role="dialog"]') === null || one.matches(':popover-open');
    const above = lists.filter(isAbove).at(-1);
    const top = above ?? [...document.querySelectorAll('[role="dialog"]')].at(-1);
    const CONTROLS = 'a[href], button, input, textarea, [tabindex="0"]';
    for (const control of (top ?? document).querySelectorAll<HTMLElement>(CONTROLS)) {
      if (!control.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      const wrong = unreachable(control);
      if (wrong !== null) found.push(`${wrong}: ${name(control)}`);
    }
    return found;

    function name(control: HTMLElement): string {
      const words = control.getAttribute('aria-label') ?? control.textContent.trim();
      return `${control.tagName.toLowerCase()} “${words.slice(0, 60)}”`;
    }

    function unreachable(control: HTMLElement): string | null {
      const box = control.getBoundingClientRect();
      if (box.width < 2 || box.height < 2) return null;
      // A log has a bar of its own for what is right of the window.
      if (control.closest('[role="log"]') && box.right > innerWidth) return null;
      for (let at = control.parentElement; at; at = at.parentElement) {
        const { overflowX, overflowY, position } = getComputedStyle(at);
        const frame = at.getBoundingClientRect();
        const across = box.left < frame.left - 1 || box.right > frame.right + 1;
        const along = box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
        // What is scrolled out of sight can be scrolled in again.
        if ((across && /auto|scroll/.test(overflowX)) || (along && /auto|scroll/.test(overflowY)))
          return null;
        if ((across && overflowX !== 'visible') || (along && overflowY !== 'visible'))
          return `cut off by ${Math.round(Math.max(box.right - frame.right, box.bottom - frame.bottom))} px`;
        if (position === 'fixed') break;
      }
      if (box.left < -1 || box.top < -1) return 'outside the window';
      if (box.right > innerWidth + 1 || box.bottom > innerHeight + 1) return 'outside the window';
      const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
      // Rows of a log that are under the head of their section are scrolled out of sight too.
      if (hit?.closest('[data-testid="section-head"], [data-sticky]')) return null;
      const reaches = hit !== null && (control.contains(hit) || hit.contains(control));
      return reaches || hit?.closest('label')?.control === control ? null : 'covered';
    }
  });
}

/** Animations that still run, by what they move. */
export function motions(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    document
      .getAnimations()
      .filter(({ playState }) => playState === 'running')
      .map((one) => {
        const moved = (one.effect as KeyframeEffect).target;
        return `${moved?.tagName.toLowerCase()}.${moved?.getAttribute('class') ?? ''}`;
      }),
  );
}

/** What Tab did: the controls it never came to, and those that did not show that they had the keyboard. */
export interface Walk {
  missed: string[];
  unseen: string[];
}

/** Presses Tab until it comes around. */
export async function walk(page: Page): Promise<Walk> {
  const unseen: string[] = [];
  await page.evaluate(() => {
    (document.activeElement as HTMLElement | null)?.blur();
    (window as unknown as Walking).walked = new Set();
  });
  for (let at = 0; at < MOST; at++) {
    await page.keyboard.press('Tab');
    const step = await page.evaluate(() => {
      const { walked } = window as unknown as Walking;
      const control = document.activeElement!;
      if (walked.has(control)) return { again: true };
      walked.add(control);
      // The ring is the control's own, or around what looks like it.
      let seen = control === document.body;
      for (
        let one: Element | null = control, up = 0;
        one && up < 3;
        one = one.parentElement, up++
      ) {
        const { outlineStyle, outlineWidth } = getComputedStyle(one);
        seen ||= outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
      }
      const words = control.getAttribute('aria-label') ?? control.textContent.trim();
      return {
        again: false,
        seen,
        name: `${control.tagName.toLowerCase()} “${words.slice(0, 60)}”`,
      };
    });
    if (step.again) break;
    if (!step.seen) unseen.push(step.name!);
  }
  return { missed: await missed(page), unseen };
}

/** More than any page has of controls. */
const MOST = 1000;

interface Walking {
  walked: Set<Element>;
}

function missed(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { walked } = window as unknown as Walking;
    const top = [...document.querySelectorAll('[role="dialog"]')].at(-1) ?? document;
    return [...top.querySelectorAll<HTMLElement>('a[href], button, input, textarea, [tabindex]')]
      .filter((one) => one.tabIndex >= 0 && !one.matches(':disabled') && one.checkVisibility())
      .filter((one) => !walked.has(one) && !one.hasAttribute('data-focus-scope'))
      .map(
        (one) =>
          `${one.tagName.toLowerCase()} “${(one.getAttribute('aria-label') ?? one.textContent).trim()}”`,
      );
  });
}
