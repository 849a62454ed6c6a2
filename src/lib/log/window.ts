// Which rows of a log are on screen, at any size. Browsers refuse elements taller than some 16 million px, so above a
// cap the scroll bar is scaled: positions are kept in px of the whole log, and the element's scroll offset is made of them.

/** Height of a row, in px. */
export const ROW = 20;

/** No element is taller than this, in px: half of what the strictest browser takes. */
export const TALLEST = 8_000_000;

/** What is on screen. */
export interface Shown {
  /** Number of the first line on screen, from 1. */
  first: number;
  /** How many lines are at least partly on screen. */
  count: number;
  /** How far the first one is pushed up, in px: 0 to {@link ROW}. */
  offset: number;
}

/** The measures of a log in a window; a position is px from the top of the whole log to the top of the window. */
export class Measures {
  readonly lines: number;
  /** Height of the window, in px. */
  readonly height: number;

  constructor(lines: number, height: number) {
    this.lines = lines;
    this.height = height;
  }

  /** Height of the whole log, in px; may be far more than any element can have. */
  get whole(): number {
    return this.lines * ROW;
  }

  /** Height of the element that stands for it, in px. */
  get element(): number {
    return Math.min(this.whole, TALLEST);
  }

  /** Whether the scroll bar is scaled. */
  get scaled(): boolean {
    return this.whole > TALLEST;
  }

  /** The position at the very end. */
  get end(): number {
    return Math.max(0, this.whole - this.height);
  }

  /** The nearest position there is. */
  clamp(position: number): number {
    return Math.min(Math.max(0, position), this.end);
  }

  /** The element's scroll offset for a position. */
  offsetOf(position: number): number {
    if (!this.scaled) return position;
    return (position / this.end) * (this.element - this.height);
  }

  /** The position for the element's scroll offset. */
  positionOf(offset: number): number {
    if (!this.scaled) return this.clamp(offset);
    return this.clamp((offset / (this.element - this.height)) * this.end);
  }

  /** The rows on screen at a position. */
  shown(position: number): Shown {
    if (this.lines === 0) return { first: 1, count: 0, offset: 0 };
    const at = this.clamp(position);
    const index = Math.floor(at / ROW);
    const offset = at - index * ROW;
    const count = Math.ceil((offset + this.height) / ROW);
    return { first: index + 1, count: Math.min(count, this.lines - index), offset };
  }

  /** The position nearest to the present one at which a line is wholly on screen. */
  reveal(number: number, position: number): number {
    const top = (number - 1) * ROW;
    if (top < position) return this.clamp(top);
    return this.clamp(Math.max(position, top + ROW - this.height));
  }
}
