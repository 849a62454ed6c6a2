// What wheels and keys mean in a log, in px and positions.
import type { LogView } from '$lib/state/log/view.svelte';

/** A wheel's delta in px; its mode is px, lines or pages (DOM, `WheelEvent.deltaMode`). */
export function px(delta: number, mode: number, page: number, row: number): number {
  if (mode === WheelEvent.DOM_DELTA_LINE) return delta * row;
  return mode === WheelEvent.DOM_DELTA_PAGE ? delta * page : delta;
}

/** Keys of a log that has the focus. */
export const PAGE_KEYS: Record<string, (view: LogView, shift: boolean) => void> = {
  ArrowUp: ({ scroll, gutter }) => scroll.moveBy(-gutter.row),
  ArrowDown: ({ scroll, gutter }) => scroll.moveBy(gutter.row),
  PageUp: ({ scroll, gutter }) => scroll.moveBy(gutter.row - scroll.height),
  PageDown: ({ scroll, gutter }) => scroll.moveBy(scroll.height - gutter.row),
  ' ': ({ scroll, gutter }, shift) =>
    scroll.moveBy((shift ? -1 : 1) * (scroll.height - gutter.row)),
  Home: ({ scroll }) => scroll.toTop(),
  End: ({ scroll }) => scroll.followEnd(),
};
