// A comparison in segments: lines that are shown, and folds of lines that are the same or too many to be looked at.
import type { CompareRun } from '../wire';

/** Lines that are the same which stay around what differs. */
const CONTEXT = 3;
/** A fold of fewer lines hides no more than it takes. */
const LEAST = 4;
/** Lines of one change that are shown at once; of more than twice as many the rest is folded. */
const LONG = 500;
/** Lines that opening a fold shows. */
export const OPENED = 5000;

/** Lines that follow one another, all shown or all in one fold. */
export interface Segment {
  run: CompareRun;
  /** The name of the fold, for opening it; null if the lines are shown. */
  fold: string | null;
  /** The row it begins at. */
  row: number;
  /** How many rows it takes: a fold takes one. */
  rows: number;
}

/** The runs in segments; `opened` is how many lines of each fold are shown. */
export function segmentsOf(runs: CompareRun[], opened: ReadonlyMap<string, number>): Segment[] {
  const found: Segment[] = [];
  let row = 0;
  const add = (run: CompareRun, fold: string | null) => {
    if (run.count === 0) return;
    const rows = fold === null ? run.count : 1;
    found.push({ run, fold, row, rows });
    row += rows;
  };
  const addFold = (run: CompareRun) => {
    const fold = `${run.side} ${run.old} ${run.new}`;
    const shown = Math.min(opened.get(fold) ?? 0, run.count);
    add(first(run, shown), null);
    const rest = without(run, shown);
    add(rest, rest.count < LEAST ? null : fold);
  };
  runs.forEach((run, at) => {
    if (run.side !== 'same') {
      const shown = run.count > 2 * LONG ? LONG : run.count;
      add(first(run, shown), null);
      return addFold(without(run, shown));
    }
    // At the ends of a log there is nothing to give context to.
    const head = at === 0 ? 0 : CONTEXT;
    const tail = at === runs.length - 1 ? 0 : CONTEXT;
    if (run.count < head + tail + LEAST) return add(run, null);
    add(first(run, head), null);
    addFold(first(without(run, head), run.count - head - tail));
    add(without(run, run.count - tail), null);
  });
  return found;
}

/** The first lines of a run. */
export function first(run: CompareRun, count: number): CompareRun {
  return { ...run, count };
}

/** A run without its first lines. */
export function without(run: CompareRun, count: number): CompareRun {
  const on = (number: number | null) => (number === null ? null : number + count);
  return { side: run.side, old: on(run.old), new: on(run.new), count: run.count - count };
}

/** The place of the segment that has a row; of one past the end, the last. */
export function segmentAt(segments: Segment[], row: number): number {
  let [low, high] = [0, segments.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (segments[middle]!.row <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}
