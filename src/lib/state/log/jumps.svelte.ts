// The ways from one place of a log to another: lines, errors, sections and links.
import type { Folding } from '$lib/log/folding';
import type { Find } from './find.svelte';
import type { Outlined } from './outline.svelte';
import type { Rows } from './rows.svelte';
import type { Scroll } from './scroll.svelte';
import type { Range, Selection } from './selection.svelte';
import type { Source } from './source.svelte';

/** Height of the head of a section that stays at the top, in px. */
const HEAD = 32;

/** What is gone through. */
export interface Ways {
  source: Source;
  scroll: Scroll;
  rows: Rows;
  find: Find;
  outline: Outlined;
  selection: Selection;
  folding: () => Folding;
}

/** Where a window over a log can go. */
export class Jumps {
  /** The error that was gone to last. */
  fault = $state<number | null>(null);

  readonly #ways: Ways;
  /** The lines of a link, until the log has them. */
  #link: Range | null = null;
  /** The line that was at the top when the log was left, until the log is known. */
  #place: number | null = null;

  constructor(ways: Ways) {
    this.#ways = ways;
  }

  /** Goes to a line, unfolding what hides it; the window stays where it is if the line is on screen. */
  toLine(line: number): void {
    const { lines } = this.#ways.source.extent;
    this.reveal(Math.min(Math.max(1, Math.round(line)), Math.max(1, lines)), null);
  }

  /** Goes to the first error. */
  toFirstError(): void {
    const first = this.#ways.outline.errors[0];
    if (first) this.#toFault(first.line);
  }

  /** Goes to the next error, or to the one before; true if there is one. */
  toError(back: boolean): boolean {
    const from = this.fault ?? this.#topRow - (back ? 0 : 1);
    const line = this.#ways.outline.error(from, back);
    if (line !== null) this.#toFault(line);
    return line !== null;
  }

  /** Goes to the head of the next section, or of the one before. */
  toSection(back: boolean): void {
    const at = this.#here ?? this.#topRow - (back ? 0 : 1);
    const heads = this.#ways.outline.sections.map(({ first }) => first);
    const next = back ? heads.findLast((first) => first < at) : heads.find((first) => first > at);
    if (next === undefined) return;
    this.toLine(next);
    this.#ways.selection.range({ from: next, to: next });
  }

  /** Goes to lines that a link names, as soon as there are any. */
  toLink(link: Range): void {
    this.#ways.selection.range(link);
    this.#ways.scroll.steer();
    this.#link = link;
    if (this.#ways.source.known) this.openLink();
  }

  /** Puts a line at the top, as soon as the log is known; unless a link or a person has led elsewhere by then. */
  toPlace(line: number): void {
    this.#place = line;
    if (this.#ways.source.known) this.openLink();
  }

  /** Goes to the lines of a link if the log has them by now. */
  openLink(): void {
    const place = this.#place;
    this.#place = null;
    if (place !== null && this.#link === null && this.#ways.scroll.untouched) {
      const { scroll, folding } = this.#ways;
      scroll.steer();
      scroll.toRow(folding().rowOf(place));
    }
    const link = this.#link;
    const { lines, complete } = this.#ways.source.extent;
    // Of a log that grows the line may be still to come.
    if (!link || (lines < link.from && !complete)) return;
    this.#link = null;
    this.toLine(link.from);
  }

  /** The section that a person looks at: that of the picked line, error or hit, else that of the top of the window. */
  get section(): number | null {
    return this.#ways.outline.around(this.#here ?? this.#topRow)?.first ?? null;
  }

  /** Brings a line on screen; `row` is its row if only hits are shown, and null for a line that is no hit. */
  reveal(line: number, row: number | null): void {
    const { scroll, find, outline, folding } = this.#ways;
    scroll.pause();
    scroll.steer();
    // A line that is no hit has no row if only hits are shown.
    if (row === null) find.only = false;
    outline.show(line);
    const isHit = find.only && row !== null;
    scroll.reveal(isHit ? row : folding().rowOf(line), find.only ? 0 : HEAD);
  }

  #toFault(line: number): void {
    this.fault = line;
    this.toLine(line);
  }

  /** The number in the first row, also while it is still asked for. */
  get #topRow(): number {
    return this.#ways.rows.list[0]?.number ?? 1;
  }

  /** The line that was gone to last, if it is on screen. */
  get #here(): number | null {
    const { selection, find, rows } = this.#ways;
    const lines = [selection.lines?.from, find.current?.line, this.fault];
    const onScreen = new Set(rows.list.map(({ number }) => number));
    return lines.find((line) => line !== undefined && line !== null && onScreen.has(line)) ?? null;
  }
}
