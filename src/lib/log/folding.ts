// Which lines have a row of their own if some are folded away: rows count from 0, lines from 1.

/** Lines that are folded: the first one stays, those after it up to the last one have no row. */
export interface Fold {
  first: number;
  last: number;
}

/** The rows of a log with folds. */
export class Folding {
  /** How many rows there are. */
  readonly rows: number;
  /** The outermost folds, in order and apart. */
  readonly #folds: Fold[] = [];
  /** How many lines are hidden before each fold. */
  readonly #hidden: number[] = [];

  /** Of a log of `lines` lines; folds come by their first lines, and may lie within each other. */
  constructor(lines: number, folds: Iterable<Fold> = []) {
    let hidden = 0;
    let end = 0;
    for (const { first, last } of folds) {
      const to = Math.min(last, lines);
      if (first <= end || to <= first) continue;
      this.#folds.push({ first, last: to });
      this.#hidden.push(hidden);
      hidden += to - first;
      end = to;
    }
    this.rows = Math.max(0, lines - hidden);
  }

  /** The line of a row. */
  lineAt(row: number): number {
    if (this.#folds.length === 0) return row + 1;
    // The last fold whose first line's row is before this one.
    const before = this.#count((at) => this.#folds[at]!.first - 1 - this.#hidden[at]! < row);
    return row + 1 + this.#hiddenUpTo(before);
  }

  /** The row of a line; of one that is folded away, that of its fold's first line. */
  rowOf(line: number): number {
    const fold = this.foldOf(line);
    if (fold) return this.rowOf(fold.first);
    return line - 1 - this.#hiddenUpTo(this.#count((at) => this.#folds[at]!.first < line));
  }

  /** The fold that a line is hidden in. */
  foldOf(line: number): Fold | null {
    const fold = this.#folds[this.#count((at) => this.#folds[at]!.first < line) - 1];
    return fold && line <= fold.last ? fold : null;
  }

  /** How many folds at the start this holds for. */
  #count(holds: (at: number) => boolean): number {
    let [low, high] = [0, this.#folds.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds(middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** How many lines the first so many folds hide. */
  #hiddenUpTo(folds: number): number {
    const fold = this.#folds[folds - 1];
    return fold ? this.#hidden[folds - 1]! + fold.last - fold.first : 0;
  }
}
