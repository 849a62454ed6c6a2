// The rows on screen: which line each one shows, and how high it is if long lines wrap.
import { columns } from '$lib/log/text';
import type { Folding } from '$lib/log/folding';
import type { Line } from '$lib/wire';
import type { Find } from './find.svelte';
import type { Gutter } from './gutter.svelte';
import type { Scroll } from './scroll.svelte';
import type { Source } from './source.svelte';

/** Columns of the words after the start of a line of which only that is shown. */
const CUT = 48;

/** A row on screen; without a line while it is being asked for. */
export interface Row {
  /** Which row of all it is, from 0. */
  row: number;
  number: number;
  line: Line | undefined;
  /** When the line above was read; none if that is not known. */
  before: number | null;
}

/** What the rows are put together from. */
export interface Parts {
  source: Source;
  scroll: Scroll;
  gutter: Gutter;
  find: Find;
  folding: () => Folding;
}

/** The rows of a window over a log. */
export class Rows {
  readonly #of: Parts;
  // These are written where they are derived, and nothing else reads them. The rows drawn last only spare the page work: with
  // none of them the list has the same rows, but each one is a new object and is drawn again, at every step of a scroll
  // through a log of any length. The widest line is a record of what has been in sight: to keep it elsewhere is an effect
  // that goes over all rows once more in each picture. So is that there was a line of stderr.
  #drawn: Row[] = [];
  #widest = 0;
  #hasStderr = false;

  /** Those on screen, from the top. */
  readonly list: Row[] = $derived.by(() => {
    void this.#of.source.version;
    const { first, count } = this.#of.scroll.shown;
    const before = this.#drawn;
    const top = first - 1;
    const rows: Row[] = [];
    let above = top > 0 ? this.#at(top - 1).line : undefined;
    for (let row = top; row < top + count; row++) {
      const { number, line } = this.#at(row);
      const drawn = before[row - (before[0]?.row ?? 0)];
      const now = { row, number, line, before: above?.at ?? null };
      // What stays as it was is the same object, and is not drawn again.
      rows.push(drawn && isSame(drawn, now) ? drawn : now);
      above = line;
    }
    return (this.#drawn = rows);
  });
  /** Columns of the widest line seen so far: the sideways bar grows and never shrinks. */
  readonly widest: number = $derived.by(() => {
    for (const { line } of this.list)
      if (line) this.#widest = Math.max(this.#widest, columns(line));
    return this.#widest;
  });
  /** Whether a line of stderr has been on screen: its mark is explained from then on. */
  readonly hasStderr: boolean = $derived.by(
    () => (this.#hasStderr ||= this.list.some(({ line }) => line?.stream === 'stderr')),
  );
  /** The first line on screen; none if its row is still asked for. */
  readonly top: number | null = $derived(
    this.list.find(({ number }) => number > 0)?.number ?? null,
  );

  constructor(of: Parts) {
    this.#of = of;
  }

  /** How many there are in all. */
  get total(): number {
    const { find, folding } = this.#of;
    return find.only ? find.hits.near.total : folding().rows;
  }

  /** Gives the height of a row in px: of one that is not held the usual one. Null if no line wraps. */
  get heights(): ((row: number) => number) | null {
    const { wrapAt, row: usual } = this.#of.gutter;
    if (wrapAt === null) return null;
    // Lines that have come since may be higher than they were taken for.
    void this.#of.source.version;
    return (row) => {
      const { line } = this.#at(row);
      const wide = line ? columns(line) + (line.cut ? CUT : 0) : 0;
      return Math.max(1, Math.ceil(wide / wrapAt)) * usual;
    };
  }

  #at(row: number): Pick<Row, 'number' | 'line'> {
    const { find, source, folding } = this.#of;
    if (find.only) {
      const line = find.hits.near.get(row);
      // A row that is still asked for has no number yet; none is ever the same as that of a line.
      return { number: line?.number ?? -row - 1, line };
    }
    const number = folding().lineAt(row);
    return { number, line: source.lines.get(number) };
  }
}

function isSame(a: Row, b: Row): boolean {
  return a.row === b.row && a.number === b.number && a.line === b.line && a.before === b.before;
}
