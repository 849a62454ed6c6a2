// What wheels and keys mean in a log, in px and positions.
import { ROW } from '$lib/log/window';
import type { LogView } from '$lib/state/log/view.svelte';

/** A wheel's delta in px; its mode is px, lines or pages (DOM, `WheelEvent.deltaMode`). */
export function px(delta: number, mode: number, page: number): number {
  if (mode === WheelEvent.DOM_DELTA_LINE) return delta * ROW;
  return mode === WheelEvent.DOM_DELTA_PAGE ? delta * page : delta;
}

/** Keys of a log that has the focus. */
export const PAGE_KEYS: Record<string, (view: LogView, shift: boolean) => void> = {
  ArrowUp: (view) => view.moveBy(-ROW),
  ArrowDown: (view) => view.moveBy(ROW),
  PageUp: (view) => view.moveBy(ROW - view.height),
  PageDown: (view) => view.moveBy(view.height - ROW),
  ' ': (view, shift) => view.moveBy((shift ? -1 : 1) * (view.height - ROW)),
  Home: (view) => view.toTop(),
  End: (view) => view.followEnd(),
};
