// Which rows of a log are on screen, at any size. Browsers refuse elements taller than some 16 million px, so above a
// cap the scroll bar is scaled: positions are kept in px of the whole log, and the element's scroll offset is made of them.
//
// If long lines wrap, rows have heights of their own, known only of those near the window. Positions then still count
// each row as one of the usual height, a taller one's parts as parts of that; so what is above never moves the window.

/** Height of a row in px, if the text has its usual size. */
export const ROW = 20;

/** No element is taller than this, in px: half of what the strictest browser takes. */
export const TALLEST = 8_000_000;

/** What is on screen. */
export interface Shown {
  /** Number of the first row on screen, from 1. */
  first: number;
  /** How many rows are on screen, at least partly; if all have one height the most that fit at any position. */
  count: number;
  /** How far the first one is pushed up, in px: 0 to its height. */
  offset: number;
}

/** The measures of a log in a window; a position is px from the top of the whole log to the top of the window. */
export class Measures {
  readonly lines: number;
  /** Height of the window, in px. */
  readonly height: number;
  /** The position at the very end. */
  readonly end: number;
  /** The usual height of a row, in px. */
  readonly row: number;
  /** Height of a row, from 0, in px; none if all have the same. */
  readonly #heightOf: ((row: number) => number) | null;

  constructor(
    lines: number,
    height: number,
    heightOf: ((row: number) => number) | null = null,
    row = ROW,
  ) {
    this.row = row;
    this.lines = lines;
    this.height = height;
    this.#heightOf = heightOf;
    this.end = Math.max(0, heightOf ? this.moved(lines * this.row, -height) : this.whole - height);
  }

  /** Height of the whole log, in px; may be far more than any element can have. */
  get whole(): number {
    return this.lines * this.row;
  }

  /** Height of the element that represents it, in px. */
  get element(): number {
    return Math.min(this.#heightOf ? this.end + this.height : this.whole, TALLEST);
  }

  /** Whether a px of the scroll bar is not one of the log. */
  get scaled(): boolean {
    return this.#heightOf !== null || this.whole > TALLEST;
  }

  /** The nearest position there is. */
  clamp(position: number): number {
    return Math.min(Math.max(0, position), this.end);
  }

  /** The element's scroll offset for a position. */
  offsetOf(position: number): number {
    if (!this.scaled || this.end === 0) return position;
    return (position / this.end) * (this.element - this.height);
  }

  /** The position for the element's scroll offset. */
  positionOf(offset: number): number {
    if (!this.scaled || this.end === 0) return this.clamp(offset);
    return this.clamp((offset / (this.element - this.height)) * this.end);
  }

  /** The rows on screen at a position. */
  shown(position: number): Shown {
    if (this.lines === 0) return { first: 1, count: 0, offset: 0 };
    const at = this.clamp(position);
    const index = Math.min(Math.floor(at / this.row), this.lines - 1);
    const heightOf = this.#heightOf;
    if (!heightOf) {
      const offset = at - index * this.row;
      const count = Math.ceil(this.height / this.row) + 1;
      return { first: index + 1, count: Math.min(count, this.lines - index), offset };
    }
    const offset = ((at - index * this.row) / this.row) * heightOf(index);
    let count = 0;
    for (let px = -offset; px < this.height && index + count < this.lines; count++)
      px += heightOf(index + count);
    return { first: index + 1, count, offset };
  }

  /** The position so many px further down, or up; not beyond the ends. */
  moved(position: number, px: number): number {
    const heightOf = this.#heightOf;
    if (!heightOf) return position + px;
    let row = Math.min(Math.floor(position / this.row), this.lines);
    // Px to go from the top of the row.
    let below = px + (position / this.row - row) * (row < this.lines ? heightOf(row) : 0);
    while (below < 0 && row > 0) below += heightOf(--row);
    while (row < this.lines && below >= heightOf(row)) below -= heightOf(row++);
    return row < this.lines ? (row + Math.max(0, below) / heightOf(row)) * this.row : this.whole;
  }

  /** Whether a row is wholly on screen at a position, and below the first `top` px of it. */
  holds(row: number, position: number, top: number): boolean {
    const start = this.moved(position, top);
    const heightOf = this.#heightOf ?? (() => this.row);
    return (
      row * this.row >= start &&
      this.moved(row * this.row, heightOf(row)) <= this.moved(position, this.height)
    );
  }
}
