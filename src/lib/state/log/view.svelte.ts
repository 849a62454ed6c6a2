// One log in its window, put together: its lines, the window's place, the rows in it, and the ways through it. Here is
// what is asked for as the window moves; each part says what it knows.
import type { Client } from '$lib/client';
import { isOver } from '$lib/job';
import type { Point } from '$lib/log/marked-text';
import { USUAL_TEXT } from '$lib/log/text-size';
import type { Encoding, Extent, Job, JobId } from '$lib/wire';
import { Find } from './find.svelte';
import { Gutter, type Taste } from './gutter.svelte';
import { Jumps } from './jumps.svelte';
import { Outlined } from './outline.svelte';
import { Rows } from './rows.svelte';
import { Scroll } from './scroll.svelte';
import { Selection, type Range } from './selection.svelte';
import { Source } from './source.svelte';

/** Lines asked for above and below the window, so that a slow scroll finds them there. */
const MARGIN = 60;
/** How long a report of what was done stays, in milliseconds. */
const REPORT = 3000;
/** The same of one that names a file: it can be dragged elsewhere meanwhile. */
const REPORT_FILE = 20_000;
/** Lines that may come along when a log grows. */
const TAIL = 500;

/** A log, its window and the lines near it. */
export class LogView {
  readonly job: JobId;
  readonly source: Source;
  readonly scroll: Scroll;
  readonly gutter: Gutter;
  readonly rows: Rows;
  readonly find: Find;
  readonly outline: Outlined;
  /** What a person picked. */
  readonly selection: Selection;
  readonly jumps: Jumps;
  /** Whether the number of a line to go to is being asked for. */
  going = $state(false);
  /** What its bytes are shown in. */
  encoding = $state<Encoding>('utf8');
  /** What has just been done, for a moment. */
  report = $state<string | null>(null);
  /** The path of the file that was saved by that. */
  saved = $state<string | null>(null);

  /** Which lines have rows. */
  readonly folding = $derived.by(() => this.outline.rows(this.extent.lines));
  /** The section that goes on above the window. */
  readonly sticky = $derived.by(() => {
    const top = this.rows.list[0]?.number ?? 0;
    if (this.find.only || top < 1) return null;
    const section = this.outline.around(top);
    const isAbove = section !== null && (section.first < top || this.scroll.shown.offset > 0);
    return isAbove && !this.outline.folded.has(section.first) ? section : null;
  });

  /** Whether it goes to the first error once that is known, unless it was moved before. */
  #opensAtError: boolean;
  /** Lines of a log that was over when it was opened, as its job says. */
  #foreseen: number;

  constructor(
    client: Client,
    job: Pick<Job, 'id' | 'status' | 'lines'>,
    taste: Taste = { wrap: false, times: 'since', textSize: USUAL_TEXT },
  ) {
    this.job = job.id;
    this.#opensAtError = job.status === 'error';
    this.#foreseen = isOver(job) ? job.lines : 0;
    const folding = () => this.folding;
    this.source = new Source(client, job.id, { drawn: (grew) => this.#drawn(grew) });
    this.scroll = new Scroll(
      {
        rows: () => this.rows.total,
        lines: () => this.extent.lines,
        heightOf: () => this.rows.heights,
        usual: () => this.gutter.row,
        moved: () => this.#settle(),
      },
      opening(job),
    );
    this.gutter = new Gutter(taste, () => this.extent.lines);
    this.selection = new Selection(this.source.lines);
    this.find = new Find(client, job.id, {
      top: () => this.rows.top ?? 1,
      reveal: (line, row) => this.jumps.reveal(line, row),
      changed: () => this.source.drawSoon(),
      turn: (change) => this.#turn(change),
    });
    this.outline = new Outlined(client, job.id, () => this.#outlined());
    const { source, scroll, gutter, find, outline, selection } = this;
    this.rows = new Rows({ source, scroll, gutter, find, folding });
    this.jumps = new Jumps({ source, scroll, rows: this.rows, find, outline, selection, folding });
  }

  /** How far the log reaches. */
  get extent(): Extent {
    return this.source.extent;
  }

  /** The window is open: from now on the log is followed. */
  attach(): void {
    this.source.attach();
    this.resume();
    this.#foresee();
  }

  /** The window is closed: nothing more is asked for. */
  detach(): void {
    this.source.detach();
    this.outline.leave();
  }

  /** Asks again after the connection came back, or after a problem. */
  resume(): void {
    if (!this.source.attached) return;
    this.source.forget();
    this.find.begin();
    this.source.follow(this.#tail);
  }

  /** Shows the bytes in another encoding: lines and their numbers stay, and the window where it is. */
  readIn(encoding: Encoding): void {
    this.encoding = encoding;
    this.source.readIn(encoding);
    this.find.encoding = encoding;
    this.selection.none();
    this.resume();
    this.source.drawSoon();
  }

  /** Folds or unfolds a section; the lines above it stay where they are. */
  toggleFold(first: number): void {
    this.scroll.pause();
    const top = this.folding.lineAt(this.scroll.shown.first - 1);
    this.scroll.keepTop(() => {
      this.outline.toggle(first);
      return this.folding.rowOf(top);
    });
  }

  /** Reports for a moment what was done. */
  say(what: string, saved: string | null = null): void {
    [this.report, this.saved] = [what, saved];
    const rest = saved === null ? REPORT : REPORT_FILE;
    setTimeout(() => {
      if (this.report === what) [this.report, this.saved] = [null, null];
    }, rest);
  }

  /** Picks a line, or the range from the one picked first up to this one. */
  pick(number: number, extend: boolean): void {
    this.scroll.pause();
    this.selection.line(number, extend);
  }

  /** Picks the characters between two places. */
  mark(start: Point, end: Point): void {
    this.scroll.pause();
    this.selection.between(start, end);
  }

  /** Picks all. */
  markAll(): void {
    this.mark({ line: 1, column: 0 }, { line: Math.max(1, this.extent.lines), column: Infinity });
  }

  /** Asks for the lines that a log that is over opens with at once, and not only when its extent has come. */
  #foresee(): void {
    const lines = this.#foreseen;
    if (this.source.known || lines === 0) return;
    const first = this.scroll.atTop ? 1 : Math.max(1, lines - MARGIN);
    this.source.lines.want(first, Math.min(first + MARGIN, lines), lines);
  }

  /** Last lines that come along when the log grows: as many as the window shows at the end, else none. */
  get #tail(): number {
    return this.scroll.following
      ? Math.min(TAIL, Math.ceil(this.scroll.height / this.gutter.row) + 8)
      : 0;
  }

  #drawn(grew: boolean): void {
    if (grew) this.jumps.openLink();
    this.#settle();
  }

  /** Errors and sections are known, or more of them. */
  #outlined(): void {
    if (this.#opensAtError && this.scroll.untouched && this.outline.errors.length > 0) {
      // Of a log that is longer than the window what failed stays open, and the rest is out of the way.
      if (this.extent.lines * this.gutter.row > this.scroll.height) this.outline.foldWhatWentWell();
      this.jumps.toError(false);
    }
    this.source.drawSoon();
  }

  /** Goes over from all lines to those near hits, or back. */
  #turn(change: () => void): void {
    this.scroll.pause();
    const top = this.rows.top ?? 1;
    change();
    this.scroll.toRow(this.find.only ? 0 : this.folding.rowOf(top));
  }

  /** Brings what is asked for in line with what is on screen. */
  #settle(): void {
    if (!this.source.attached) return;
    this.source.follow(this.#tail);
    if (!this.source.known) return;
    this.outline.follow(this.extent);
    const { first, count } = this.scroll.shown;
    if (this.find.only) return this.find.hits.near.want(first - 1, Math.max(count, 1));
    if (count === 0) return;
    const { lines } = this.source;
    const total = this.extent.lines;
    const runs = this.#runs(first - 1, count);
    const isThere = runs.map(({ from, to }) => lines.want(from, to, total));
    // A fast drag passes most of what it shows: what is beside it is asked for once that is there.
    if (!this.scroll.following && !isThere.includes(false))
      for (const { from, to } of runs)
        lines.want(Math.max(1, from - MARGIN), Math.min(to + MARGIN, total), total);
    this.find.hits.want(this.folding.lineAt(first - 1), this.folding.lineAt(first - 2 + count));
  }

  /** The lines of some rows, as runs without a gap. */
  #runs(row: number, count: number): Range[] {
    const runs: Range[] = [];
    for (let at = row; at < row + count; at++) {
      const line = this.folding.lineAt(at);
      const last = runs.at(-1);
      if (last && last.to + 1 === line) last.to = line;
      else runs.push({ from: line, to: line });
    }
    return runs;
  }
}

/** A running log opens at its end and follows; one that ended badly at its end, for want of an error that is known. */
function opening({ status }: Pick<Job, 'status'>): 'top' | 'end' | 'following' {
  if (status === 'running' || status === 'queued') return 'following';
  return status === 'done' ? 'top' : 'end';
}
