// What a person picked in one log: whole lines, or characters from one place to another; and its text.
import { CallFailed } from '$lib/client';
import { clock } from '$lib/format';
import { between, type Marked, type Point } from '$lib/log/marked-text';
import { copiedText, textOf } from '$lib/log/text';
import type { Lines } from './lines';

/** Lines asked for at once when text is copied; the most a call may ask for. */
const STEP = 1000;
/** The longest range that is copied: some 10 MB, what a clipboard still takes. */
const MOST = 100_000;

/** A range of lines, both ends in it. */
export interface Range {
  from: number;
  to: number;
}

/** Lines or characters, not both. */
export class Selection {
  /** Whole lines. */
  lines = $state.raw<Range | null>(null);
  /** Characters. */
  chars = $state.raw<Marked | null>(null);

  readonly #source: Lines;
  #anchor: number | null = null;

  constructor(source: Lines) {
    this.#source = source;
  }

  /** Picks a line, or the range from the one picked first up to this one; one that is picked already is let go. */
  line(number: number, extend: boolean): void {
    if (!extend || this.#anchor === null) this.#anchor = number;
    const [from, to] = [Math.min(this.#anchor, number), Math.max(this.#anchor, number)];
    const same = this.lines?.from === from && this.lines.to === to;
    if (same && !extend) this.none();
    else this.range({ from, to }, this.#anchor);
  }

  /** Picks lines; the next range begins at `anchor`. */
  range(lines: Range, anchor = lines.from): void {
    [this.lines, this.chars, this.#anchor] = [lines, null, anchor];
  }

  /** Picks the characters between two places. */
  between(start: Point, end: Point): void {
    [this.lines, this.chars] = [null, between(start, end)];
  }

  /** Lets go of all. */
  none(): void {
    [this.lines, this.chars] = [null, null];
  }

  /** Its text as it is on screen, with blanks where tabs are. */
  async shown(): Promise<string> {
    const { chars } = this;
    if (chars?.from.line !== chars?.to.line || !chars) return this.text();
    const [line] = await this.#source.ask(chars.from.line, 1);
    return line ? textOf(line).slice(chars.from.column, chars.to.column) : '';
  }

  /** Its text, also of lines that are not on screen; empty if nothing is picked. With times it is of whole lines. */
  async text(times = false): Promise<string> {
    if (times && this.chars) {
      const { from, to } = this.chars;
      const last = to.column === 0 && to.line > from.line ? to.line - 1 : to.line;
      return (await this.#texts({ from: from.line, to: last }, true)).join('\n');
    }
    if (this.lines) return (await this.#texts(this.lines, times)).join('\n');
    const { chars } = this;
    if (!chars) return '';
    const range = { from: chars.from.line, to: chars.to.line };
    return (await this.#texts(range, false, chars)).join('\n');
  }

  async #texts({ from, to }: Range, times = false, chars: Marked | null = null): Promise<string[]> {
    if (to - from >= MOST) {
      const message = `at most ${MOST.toLocaleString('en-US')} lines can be copied at once`;
      throw new CallFailed({ code: 'refused', message });
    }
    const texts: string[] = [];
    for (let next = from; next <= to;) {
      const lines = await this.#source.ask(next, Math.min(STEP, to - next + 1));
      // What comes back may be less than was asked for, if the lines are long.
      if (lines.length === 0) break;
      for (const line of lines) {
        const whole = line.cut ? await this.#source.whole(line.number) : line;
        const text = copiedText(
          whole,
          line.number === chars?.from.line ? chars.from.column : 0,
          line.number === chars?.to.line ? chars.to.column : Infinity,
        );
        texts.push(times ? `${clock(line.at)}  ${text}` : text);
      }
      next += lines.length;
    }
    return texts;
  }
}
