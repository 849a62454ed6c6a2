// Tabs are dragged to another place: no ghost of them, the row itself changes as the pointer passes the others.
import type { Tabs } from '$lib/state/tabs.svelte';

/** Px a pointer may move and still click. */
const STILL = 6;

/** Where else than among the others a tab can be let go. */
export interface Elsewhere {
  /** Whether it can be let go where the pointer is. */
  over: (tab: string, event: PointerEvent, row: HTMLElement) => boolean;
  drop: (tab: string) => void;
  /** The drag is over. */
  end: () => void;
}

/** Lets the tabs in an element be dragged; each of its children has its tab in `data-tab`. */
export function dragging(tabs: Tabs, elsewhere: Elsewhere) {
  return (row: HTMLElement) => {
    function pointerdown(down: PointerEvent) {
      const own = tabAt(down.target);
      if (own === null || down.button !== 0) return;
      let moved = false;
      const move = (event: PointerEvent) => {
        moved ||= Math.abs(event.clientX - down.clientX) > STILL;
        if (moved && !elsewhere.over(own, event, row))
          tabs.move(own, placeAt(row, own, event.clientX));
      };
      const up = (event: PointerEvent) => {
        const isElsewhere = moved && event.type === 'pointerup' && elsewhere.over(own, event, row);
        if (isElsewhere) elsewhere.drop(own);
        elsewhere.end();
        window.removeEventListener('pointermove', move);
        window.removeEventListener('pointerup', up);
        window.removeEventListener('pointercancel', up);
        // The click that ends a drag opens nothing.
        if (moved) window.addEventListener('click', swallow, { capture: true, once: true });
        setTimeout(() => window.removeEventListener('click', swallow, { capture: true }));
      };
      window.addEventListener('pointermove', move);
      window.addEventListener('pointerup', up);
      window.addEventListener('pointercancel', up);
    }
    // A link's own drag carries an address and no tab.
    const dragstart = (event: DragEvent) => event.preventDefault();
    row.addEventListener('pointerdown', pointerdown);
    row.addEventListener('dragstart', dragstart);
    return () => {
      row.removeEventListener('pointerdown', pointerdown);
      row.removeEventListener('dragstart', dragstart);
    };
  };
}

function swallow(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}

function tabAt(target: EventTarget | null): string | null {
  if (!(target instanceof Element) || target.closest('button')) return null;
  return target.closest<HTMLElement>('[data-tab]')?.dataset.tab ?? null;
}

/** How many of the other tabs are left of a place on screen, each by its middle. */
function placeAt(row: HTMLElement, own: string, x: number): number {
  const others = [...row.querySelectorAll<HTMLElement>('[data-tab]')];
  return others.filter((other) => {
    const { left, width } = other.getBoundingClientRect();
    return other.dataset.tab !== own && left + width / 2 < x;
  }).length;
}
