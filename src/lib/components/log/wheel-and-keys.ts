// What wheels and keys mean in a log, in px and positions.
import { ROW } from '$lib/log/rows-in-sight';
import type { LogView } from '$lib/state/log/view.svelte';

/** A wheel's delta in px; its mode is px, lines or pages (DOM, `WheelEvent.deltaMode`). */
export function px(delta: number, mode: number, page: number): number {
  if (mode === WheelEvent.DOM_DELTA_LINE) return delta * ROW;
  return mode === WheelEvent.DOM_DELTA_PAGE ? delta * page : delta;
}

/** Keys of a log that has the focus. */
export const PAGE_KEYS: Record<string, (view: LogView, shift: boolean) => void> = {
  ArrowUp: ({ scroll }) => scroll.moveBy(-ROW),
  ArrowDown: ({ scroll }) => scroll.moveBy(ROW),
  PageUp: ({ scroll }) => scroll.moveBy(ROW - scroll.height),
  PageDown: ({ scroll }) => scroll.moveBy(scroll.height - ROW),
  ' ': ({ scroll }, shift) => scroll.moveBy((shift ? -1 : 1) * (scroll.height - ROW)),
  Home: ({ scroll }) => scroll.toTop(),
  End: ({ scroll }) => scroll.followEnd(),
};
