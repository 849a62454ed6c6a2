// Where in a log a pointer is, and marking characters with it.
import { wordAt, type Point } from '$lib/log/marked-text';
import type { LogView } from '$lib/state/log/view.svelte';

/** Px a pointer may move and still click. */
const STILL = 3;
/** The time between two presses that belong together, in milliseconds. */
const AGAIN = 400;
/** The time between two moves of a log whose edge the pointer is beyond, in milliseconds. */
const EVERY = 30;

/** The number of the line that something is in. */
export function lineAt(target: EventTarget | null): number | null {
  if (!(target instanceof Element) || target.closest('button, a')) return null;
  return rowOf(target);
}

/** The number of the line whose row something is in. */
export function rowOf(target: EventTarget | null): number | null {
  if (!(target instanceof Element)) return null;
  const row = target.closest<HTMLElement>('[data-line]');
  return row ? Number(row.dataset.line) : null;
}

/** Marks characters from where a pointer went down until it comes up; calls `clicked` if it did not move. */
export function mark(view: LogView, down: PointerEvent, clicked: () => void): void {
  const scroller = down.currentTarget as HTMLElement;
  const presses = count(down);
  const start = pointAt(scroller, down.clientX, down.clientY);
  if (start && presses === 2) return markWord(view, scroller, start);
  if (start && presses > 2)
    return view.mark({ line: start.line, column: 0 }, { line: start.line, column: Infinity });
  let [x, y, moved] = [down.clientX, down.clientY, false];
  const draw = () => {
    const end = pointAt(scroller, x, y);
    if (start && end && moved) view.mark(start, end);
  };
  const move = (event: PointerEvent) => {
    [x, y] = [event.clientX, event.clientY];
    moved ||= Math.hypot(x - down.clientX, y - down.clientY) > STILL;
    draw();
  };
  // Beyond an edge the log moves on under the pointer, the faster the further.
  const timer = setInterval(() => {
    const { top, bottom } = scroller.getBoundingClientRect();
    const beyond = y < top ? y - top : y > bottom ? y - bottom : 0;
    if (beyond === 0 || !moved) return;
    view.scroll.moveBy(Math.sign(beyond) * Math.min(400, view.gutter.row + Math.abs(beyond)));
    requestAnimationFrame(draw);
  }, EVERY);
  const up = () => {
    clearInterval(timer);
    window.removeEventListener('pointermove', move);
    // The press after a drag is a new one.
    if (moved) last.at = -Infinity;
    else clicked();
  };
  window.addEventListener('pointermove', move);
  window.addEventListener('pointerup', up, { once: true });
  window.addEventListener('pointercancel', up, { once: true });
}

/** Presses in a row at one place; pointer events do not say. */
let last = { at: -Infinity, x: 0, y: 0, count: 0 };

function count({ timeStamp, clientX, clientY }: PointerEvent): number {
  const again =
    timeStamp - last.at < AGAIN && Math.hypot(clientX - last.x, clientY - last.y) <= STILL;
  last = { at: timeStamp, x: clientX, y: clientY, count: again ? last.count + 1 : 1 };
  return last.count;
}

function markWord(view: LogView, scroller: HTMLElement, at: Point): void {
  const row = scroller.querySelector(`[data-line="${at.line}"]`);
  const text = nodes(row).reduce((all, node) => all + node.data, '');
  const { start, end } = wordAt(text, at.column);
  view.mark({ line: at.line, column: start }, { line: at.line, column: end });
}

/** The place in the log nearest to a place on screen. */
function pointAt(scroller: HTMLElement, x: number, y: number): Point | null {
  const rows = [...scroller.querySelectorAll<HTMLElement>('[data-line]')];
  const row = rows.find((row) => y < row.getBoundingClientRect().bottom) ?? rows.at(-1);
  if (!row) return null;
  const line = Number(row.dataset.line);
  const { top, bottom } = row.getBoundingClientRect();
  return { line, column: columnAt(row, x, Math.min(Math.max(y, top + 1), bottom - 1)) };
}

/** The column of a row nearest to a place on screen: characters are in reading order, so half of them go at each step. */
function columnAt(row: HTMLElement, x: number, y: number): number {
  const texts = nodes(row);
  const length = texts.reduce((sum, node) => sum + node.length, 0);
  let [low, high] = [0, length];
  const range = document.createRange();
  while (low < high) {
    const middle = (low + high) >> 1;
    const { left, right, top, bottom } = rectOf(texts, middle, range);
    const before = bottom <= y || (top <= y && (left + right) / 2 <= x);
    if (before) low = middle + 1;
    else high = middle;
  }
  // Never between the two units of one character.
  const code = unitOf(texts, low);
  return code >= 0xdc00 && code <= 0xdfff ? low + 1 : low;
}

function unitOf(texts: Text[], column: number): number {
  let at = column;
  for (const node of texts) {
    if (at < node.length) return node.data.charCodeAt(at);
    at -= node.length;
  }
  return 0;
}

function rectOf(texts: Text[], column: number, range: Range): DOMRect {
  let at = column;
  for (const node of texts) {
    if (at < node.length) {
      // The text that a mark replaces is at the place of the mark.
      const mark = node.parentElement?.closest('.unseen');
      if (mark) return mark.getBoundingClientRect();
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      return range.getBoundingClientRect();
    }
    at -= node.length;
  }
  return new DOMRect();
}

/** The text of a row, without what only says that there is more. */
function nodes(row: Element | null): Text[] {
  const text = row?.querySelector('.text');
  if (!text) return [];
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walker.nextNode())
    if (!walker.currentNode.parentElement?.closest('.whole'))
      texts.push(walker.currentNode as Text);
  return texts;
}
