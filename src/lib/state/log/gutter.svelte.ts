// How wide a log's columns are: those left of the text, and how many characters the text has room for.
import { rowOf } from '$lib/log/text-size';
import type { Times } from '$lib/state/appearance.svelte';

/** How a person likes to see logs. */
export interface Taste {
  /** Whether long lines wrap. */
  readonly wrap: boolean;
  readonly times: Times;
  /** Size of the text, in px. */
  readonly textSize: number;
}

/** The size of text that these widths are for. */
const USUAL = 12;
/** Width of the column of times, in px. */
const TIMES: Record<Times, number> = { off: 12, since: 76, step: 76, clock: 104 };
/** Room of the fold mark, left of the number, in px. */
const FOLD = 24;
/** Room of the stream's mark, left of the text, in px. */
const STREAM = 14;
/** Right of the text, in px. */
const SPARE = 16;

/** The columns of a window over a log. */
export class Gutter {
  /** Width of the window, in px; 0 before it is drawn. */
  width = $state(0);
  /** Width of a character of the log's font, in px. */
  character = $state(7.2);

  readonly #taste: Taste;
  readonly #lines: () => number;

  readonly #scale = $derived.by(() => this.#taste.textSize / USUAL);
  readonly number = $derived.by(() => {
    const digits = String(Math.max(this.#lines(), 1)).length;
    return Math.max(36, Math.ceil(12 + digits * 7 * this.#scale));
  });
  readonly time = $derived.by(() => {
    const { times } = this.#taste;
    return times === 'off' ? TIMES.off : Math.ceil(TIMES[times] * this.#scale);
  });
  /** Where text starts, in px from the left. */
  readonly textAt = $derived(FOLD + this.number + this.time + STREAM);
  /** Characters that a row has room for. */
  readonly columns = $derived(
    Math.max(20, Math.floor((this.width - this.textAt - SPARE) / this.character)),
  );
  /** Columns that long lines wrap at; null if they do not. */
  readonly wrapAt = $derived.by(() => (this.#taste.wrap && this.width > 0 ? this.columns : null));

  /** `lines` gives how many lines the log has. */
  constructor(taste: Taste, lines: () => number) {
    this.#taste = taste;
    this.#lines = lines;
  }

  /** The usual height of a row, in px. */
  get row(): number {
    return rowOf(this.#taste.textSize);
  }

  /** Rows that a window of a height in px has room for, of a job's terminal too. */
  rows(height: number): number {
    return Math.max(4, Math.floor(height / this.row));
  }

  /** Whether so many columns are wider than the window. */
  overflows(columns: number): boolean {
    return !this.#taste.wrap && this.px(columns) > this.width - this.textAt - SPARE;
  }

  /** Width of so many columns of text, in px. */
  px(columns: number): number {
    return Math.ceil((columns + 2) * this.character);
  }
}
