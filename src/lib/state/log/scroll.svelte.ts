// Where the window over a log is: at a position, or at the end as long as it follows. It knows rows and no lines, and
// asks the server nothing.
import { Measures, ROW } from '$lib/log/rows-in-sight';

/** What is scrolled over. */
export interface Scrolled {
  /** How many rows there are. */
  rows: () => number;
  /** How many lines the log has. */
  lines: () => number;
  /** Gives the height of a row, in px; null if all have the usual one. */
  heightOf: () => ((row: number) => number) | null;
  /** The usual height of a row, in px. */
  usual?: () => number;
  /** The window is elsewhere, or follows, or no longer does. */
  moved: () => void;
}

/** The window over the rows of a log. */
export class Scroll {
  /** Height of the window, in px. */
  height = $state(0);
  /** Whether the window sticks to the end. */
  following = $state(false);

  readonly #over: Scrolled;
  /** In rows and parts of one: what a row is in px may change. */
  #position = $state(0);
  /** Lines that there were when the window stopped following. */
  #seen = $state(0);
  /** A person, or a link, has decided where the window is. */
  #steered = false;

  readonly measures: Measures = $derived.by(
    () => new Measures(this.#over.rows(), this.height, this.#over.heightOf(), this.#row),
  );
  /** Px from the top of the whole log to the top of the window. */
  readonly position = $derived(
    this.following ? this.measures.end : this.measures.clamp(this.#position * this.#row),
  );
  readonly shown = $derived(this.measures.shown(this.position));
  /** Lines that came since the window stopped following. */
  readonly unseen = $derived.by(() =>
    this.following ? 0 : Math.max(0, this.#over.lines() - this.#seen),
  );

  constructor(over: Scrolled, opens: 'top' | 'end' | 'following') {
    this.#over = over;
    this.following = opens === 'following';
    // The end is found once the size is known.
    this.#position = opens === 'end' ? Infinity : 0;
  }

  /** Whether it is still where it opened, and may go elsewhere by itself. */
  get untouched(): boolean {
    return !this.#steered;
  }

  /** Whether it opens at the first line. */
  get atTop(): boolean {
    return this.#position === 0;
  }

  /** From now on the window goes nowhere by itself. */
  steer(): void {
    this.#steered = true;
  }

  /** The window's height changed. */
  resize(height: number): void {
    this.height = height;
    this.#over.moved();
  }

  /** A person moved the window; at the very end it follows again. */
  moveTo(position: number): void {
    this.steer();
    const to = this.measures.clamp(position);
    // The first px of a smooth scroll upwards are at the end too.
    if (to >= this.measures.end - 1 && to >= this.position) return this.followEnd();
    this.pause();
    this.#put(to);
  }

  /** A person moved the window by so many px. */
  moveBy(px: number): void {
    this.moveTo(this.measures.moved(this.position, px));
  }

  /** Goes to the first line and stays there, also if the end is in sight or nothing is known yet. */
  toTop(): void {
    this.pause();
    this.steer();
    this.#put(0);
  }

  /** Sticks to the end from now on. */
  followEnd(): void {
    this.following = true;
    this.#over.moved();
  }

  /** Stays at its position while the log grows. */
  pause(): void {
    if (!this.following) return;
    this.#seen = this.#over.lines();
    this.#position = this.measures.end / this.#row;
    this.following = false;
    this.#over.moved();
  }

  /** Puts a row at the top. */
  toRow(row: number): void {
    this.#put(this.measures.clamp(row * this.#row));
  }

  /** Brings a row on screen, a third of the window's height from the top; not if it is there, below the first `top` px. */
  reveal(row: number, top: number): void {
    const { measures } = this;
    if (measures.holds(row, this.position, top)) return this.#over.moved();
    this.#put(measures.clamp(measures.moved(row * this.#row, -Math.floor(this.height / 3))));
  }

  /** Makes a change of the rows that gives which row the top one is now, and leaves that where it is. */
  keepTop(change: () => number): void {
    const part = this.position % this.#row;
    const row = change();
    this.#put(this.measures.clamp(row * this.#row + part));
  }

  get #row(): number {
    return this.#over.usual?.() ?? ROW;
  }

  #put(position: number): void {
    this.#position = position / this.#row;
    this.#over.moved();
  }
}
