// One log in its window: where the window stands, which lines it holds, and what it still has to ask for.
import { CallFailed, type Client } from '$lib/client';
import { isOver } from '$lib/job';
import type { Point } from '$lib/log/marking';
import { columns } from '$lib/log/text';
import { Measures, ROW } from '$lib/log/window';
import type { Event, Extent, Job, JobId, Line } from '$lib/wire';
import { Find } from './find.svelte';
import { Lines } from './lines';
import { Outlined } from './outline.svelte';
import { Picked, type Range } from './selection.svelte';

/** Lines asked for above and below the window, so that a slow scroll finds them there. */
const MARGIN = 60;
/** Height of the head of a section that stays at the top, in px. */
const HEAD = 32;
/** How long is said what has been done, in milliseconds. */
const SAID = 3000;
/** Columns of the words after the start of a line of which only that is shown. */
const CUT = 48;

/** A row on screen; without a line while it is being asked for. */
export interface Row {
  /** Which row of all it is, from 0. */
  row: number;
  number: number;
  line: Line | undefined;
  /** When the line above was read; none where that is not known. */
  before: number | null;
}

type Grew = Extract<Event, { type: 'log_grew' }>['with'];

/** A log, its window and the lines near it. */
export class LogView {
  readonly job: JobId;
  extent = $state.raw<Extent>({ lines: 0, bytes: 0, complete: false });
  /** Whether the log's size is known yet. */
  known = $state(false);
  /** Height of the window, in px. */
  height = $state(0);
  /** Columns that long lines wrap at; none where they do not. */
  columns = $state<number | null>(null);
  /** Whether the number of a line to go to is being asked for. */
  going = $state(false);
  /** What has just been done, for a moment. */
  said = $state<string | null>(null);
  /** Whether the window sticks to the end. */
  following = $state(false);
  /** Why lines are missing, for a person. */
  problem = $state<string | null>(null);

  #position = $state(0);
  #seen = $state(0);
  #version = $state(0);

  readonly find: Find;
  readonly outline: Outlined;
  /** What a person picked. */
  readonly picked: Picked;

  /** Which lines have rows. */
  readonly folding = $derived.by(() => this.outline.rows(this.extent.lines));
  readonly measures: Measures = $derived.by(() => {
    const rows = this.find.only ? this.find.near.total : this.folding.rows;
    void this.#version;
    return new Measures(rows, this.height, this.columns === null ? null : this.#heightOf);
  });
  /** Px from the top of the whole log to the top of the window. */
  readonly position = $derived(
    this.following ? this.measures.end : this.measures.clamp(this.#position),
  );
  readonly shown = $derived(this.measures.shown(this.position));
  /** The rows on screen. */
  readonly rows: Row[] = $derived.by(() => {
    void this.#version;
    const { first, count } = this.shown;
    const before = this.#drawn;
    const top = first - 1;
    const rows: Row[] = [];
    let above = top > 0 ? this.#at(top - 1).line : undefined;
    for (let row = top; row < top + count; row++) {
      const { number, line } = this.#at(row);
      const known = before[row - (before[0]?.row ?? 0)];
      const now = { row, number, line, before: above?.at ?? null };
      // What stays as it was is the same object, and is not drawn again.
      rows.push(known && isSame(known, now) ? known : now);
      above = line;
    }
    return (this.#drawn = rows);
  });
  /** Columns of the widest line seen so far. */
  readonly widest: number = $derived.by(() => {
    for (const { line } of this.rows)
      if (line) this.#widest = Math.max(this.#widest, columns(line));
    return this.#widest;
  });
  /** Lines that came since the window stopped following. */
  readonly unseen = $derived(this.following ? 0 : Math.max(0, this.extent.lines - this.#seen));

  readonly #client: Client;
  readonly #lines: Lines;
  #widest = 0;
  #drawn: Row[] = [];
  /** Lines of a log that was over when it was opened, as its job tells. */
  #foreseen = 0;
  #tail: number | null = null;
  #attached = false;
  #drawing = false;
  #pending: Extent | null = null;
  /** Where the window goes once the log's errors are known, unless a person moved it before. */
  #opensAtError = false;
  /** The lines that are to be gone to. */
  #link: Range | null = null;
  /** The error that was gone to last. */
  fault = $state<number | null>(null);

  constructor(client: Client, job: Pick<Job, 'id' | 'status' | 'lines'>) {
    this.#client = client;
    this.job = job.id;
    this.#lines = new Lines(client, job.id, {
      changed: () => {
        this.problem = null;
        this.#drawSoon();
      },
      failed: (error) => this.#failed(error),
    });
    this.picked = new Picked(this.#lines);
    this.find = new Find(client, job.id, {
      top: () => this.rows.find(({ number }) => number > 0)?.number ?? 1,
      reveal: (line, row) => this.#reveal(line, row),
      changed: () => this.#drawSoon(),
      turn: (change) => this.#turn(change),
    });
    this.outline = new Outlined(client, job.id, () => this.#outlined());
    this.#opensAtError = job.status === 'error';
    this.following = job.status === 'running' || job.status === 'queued';
    // A log that ended badly opens at its end; the window finds it once the size is known.
    this.#position = job.status === 'done' ? 0 : Infinity;
    if (isOver(job)) this.#foreseen = job.lines;
  }

  /** The window is open: from now on the log is followed. */
  attach(): void {
    this.#attached = true;
    this.resume();
    this.#foresee();
  }

  /** The window is closed: nothing more is asked for. */
  detach(): void {
    this.#attached = false;
    this.#tail = null;
    this.outline.leave();
    this.#client
      .tell({ log: { type: 'unfollow', with: { job: this.job } } })
      .catch(() => undefined);
  }

  /** Asks for the lines a log that is over opens with at once, and not when its extent has been told. */
  #foresee(): void {
    const lines = this.#foreseen;
    if (this.known || lines === 0) return;
    const first = this.#position === 0 ? 1 : Math.max(1, lines - MARGIN);
    this.#lines.want(first, Math.min(first + MARGIN, lines), lines);
  }

  /** Asks anew after the connection came back, or after a problem. */
  resume(): void {
    if (!this.#attached) return;
    this.problem = null;
    this.#tail = null;
    this.#lines.retry();
    this.find.begin();
    this.#follow();
  }

  /** The window's height changed. */
  resize(height: number): void {
    this.height = height;
    this.#settle();
  }

  /** A person moved the window; at the very end it follows again. */
  moveTo(position: number): void {
    this.#opensAtError = false;
    const to = this.measures.clamp(position);
    // The first px of a smooth scroll upwards are at the end too.
    if (to >= this.measures.end - 1 && to >= this.position) return this.followEnd();
    this.pause();
    this.#position = to;
    this.#settle();
  }

  /** A person moved the window by so many px. */
  moveBy(px: number): void {
    this.moveTo(this.measures.moved(this.position, px));
  }

  /** Goes to the first line and stays there, also where the end is in sight, or nothing is known yet. */
  toTop(): void {
    this.pause();
    this.#opensAtError = false;
    this.#position = 0;
    this.#settle();
  }

  /** Sticks to the end from now on. */
  followEnd(): void {
    this.following = true;
    this.#settle();
  }

  /** Stays where it is, whatever comes. */
  pause(): void {
    if (!this.following) return;
    this.#position = this.measures.end;
    this.#seen = this.extent.lines;
    this.following = false;
    this.#settle();
  }

  /** Goes to a line, unfolding what hides it; the window stays where it is if the line is on screen. */
  goTo(line: number): void {
    this.pause();
    this.#opensAtError = false;
    const number = Math.min(Math.max(1, Math.round(line)), Math.max(1, this.extent.lines));
    this.#reveal(number, null);
  }

  /** Goes to the next error, or to the one before; true where there is one. */
  toError(back: boolean): boolean {
    const from = this.fault ?? (this.rows[0]?.number ?? 1) - (back ? 0 : 1);
    const line = this.outline.error(from, back);
    if (line === null) return false;
    this.fault = line;
    this.goTo(line);
    return true;
  }

  /** Folds or unfolds a section; the lines above it stay where they are. */
  toggleFold(first: number): void {
    this.pause();
    this.#keepTop(() => this.outline.toggle(first));
  }

  /** Goes to the head of the next section, or of the one before. */
  toSection(back: boolean): void {
    const top = this.rows[0]?.number ?? 1;
    const at = this.#here ?? top - (back ? 0 : 1);
    const heads = this.outline.sections.map(({ first }) => first);
    const next = back ? heads.findLast((first) => first < at) : heads.find((first) => first > at);
    if (next === undefined) return;
    this.goTo(next);
    this.picked.range({ from: next, to: next });
  }

  /** The section that a person looks at: that of the picked line, error or hit, else that of the top of the window. */
  get section(): number | null {
    const line = this.#here ?? this.rows[0]?.number ?? 1;
    return this.outline.around(line)?.first ?? null;
  }

  /** The line that was gone to last, where it is on screen. */
  get #here(): number | null {
    const lines = [this.picked.lines?.from, this.find.current?.line, this.fault];
    const seen = new Set(this.rows.map(({ number }) => number));
    return lines.find((line) => line !== undefined && line !== null && seen.has(line)) ?? null;
  }

  /** Goes to lines that a link names, as soon as there are any. */
  goToLines(link: Range): void {
    this.picked.range(link);
    this.#opensAtError = false;
    this.#link = link;
    if (this.known) this.#openLink();
  }

  /** Says for a moment what has been done. */
  say(what: string): void {
    this.said = what;
    setTimeout(() => {
      if (this.said === what) this.said = null;
    }, SAID);
  }

  /** Picks a line, or the range from the one picked first up to this one. */
  pick(number: number, extend: boolean): void {
    this.pause();
    this.picked.line(number, extend);
  }

  /** Picks the characters between two places. */
  mark(start: Point, end: Point): void {
    this.pause();
    this.picked.between(start, end);
  }

  /** Picks all. */
  markAll(): void {
    this.mark({ line: 1, column: 0 }, { line: Math.max(1, this.extent.lines), column: Infinity });
  }

  /** The text of one whole line, however long. */
  wholeLine(number: number): Promise<string> {
    return this.#lines.whole(number);
  }

  /** The log grew, or is complete. */
  grew({ extent, tail }: Grew): void {
    this.#lines.grew(extent.lines, tail);
    this.#reaches(extent);
  }

  /** A log only grows: an answer that was overtaken by an event tells of the past. */
  #reaches(extent: Extent): void {
    const known = this.#pending ?? this.extent;
    const isPast = extent.lines < known.lines || (known.complete && !extent.complete);
    if (!isPast) this.#pending = extent;
    this.#drawSoon();
  }

  /** Whatever comes within a frame is drawn once. */
  #drawSoon(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      if (this.#pending) {
        this.extent = this.#pending;
        this.known = true;
        this.#openLink();
      }
      this.#pending = null;
      this.#version += 1;
      this.#settle();
    });
  }

  /** Brings a line on screen: in a third of the window's height, where it is not there already. */
  #reveal(line: number, row: number | null): void {
    this.pause();
    this.#opensAtError = false;
    // A line that is no hit has no row where only hits are shown.
    if (row === null && this.find.only) this.find.only = false;
    this.outline.show(line);
    const at = this.find.only && row !== null ? row : this.folding.rowOf(line);
    const measures = this.measures;
    if (!measures.holds(at, this.position, this.find.only ? 0 : HEAD)) {
      const above = measures.moved(at * ROW, -Math.floor(this.height / 3));
      this.#position = measures.clamp(above);
    }
    this.#settle();
  }

  /** Changes what has rows, and leaves the first line on screen where it is. */
  #keepTop(change: () => void): void {
    const part = this.position % ROW;
    const line = this.folding.lineAt(this.shown.first - 1);
    change();
    this.#position = this.measures.clamp(this.folding.rowOf(line) * ROW + part);
    this.#settle();
  }

  #at(row: number): Pick<Row, 'number' | 'line'> {
    if (this.find.only) {
      const line = this.find.near.get(row);
      // A row that is still asked for has no number yet; none is ever the same as that of a line.
      return { number: line?.number ?? -row - 1, line };
    }
    const number = this.folding.lineAt(row);
    return { number, line: this.#lines.get(number) };
  }

  /** Height of a row where long lines wrap; of one that is not held, the usual one. */
  readonly #heightOf = (row: number): number => {
    const { find } = this;
    const line = find.only ? find.near.get(row) : this.#lines.get(this.folding.lineAt(row));
    if (!line || this.columns === null) return ROW;
    const wide = columns(line) + (line.cut ? CUT : 0);
    return Math.max(1, Math.ceil(wide / this.columns)) * ROW;
  };

  /** Goes over from all lines to those near hits, or back. */
  #turn(change: () => void): void {
    this.pause();
    const top = this.rows.find(({ number }) => number > 0)?.number ?? 1;
    change();
    this.#position = this.find.only ? 0 : this.measures.clamp(this.folding.rowOf(top) * ROW);
    this.#settle();
  }

  /** Errors and sections are known, or more of them. */
  #outlined(): void {
    const first = this.outline.errors[0];
    if (this.#opensAtError && first) this.toError(false);
    this.#drawSoon();
  }

  #openLink(): void {
    const link = this.#link;
    // Of a log that grows the line may be still to come.
    if (!link || (this.extent.lines < link.from && !this.extent.complete)) return;
    this.#link = null;
    this.goTo(link.from);
  }

  /** Brings what is asked for in line with what is on screen. */
  #settle(): void {
    if (!this.#attached) return;
    this.#follow();
    if (!this.known) return;
    this.outline.follow(this.extent);
    const { first, count } = this.shown;
    if (this.find.only) return this.find.near.want(first - 1, Math.max(count, 1));
    if (count === 0) return;
    const total = this.extent.lines;
    const runs = this.#runs(first - 1, count);
    const isThere = runs.map(({ from, to }) => this.#lines.want(from, to, total));
    // A fast drag passes most of what it shows: what is beside it is asked for once that is there.
    if (!this.following && !isThere.includes(false))
      for (const { from, to } of runs)
        this.#lines.want(Math.max(1, from - MARGIN), Math.min(to + MARGIN, total), total);
    this.find.want(this.folding.lineAt(first - 1), this.folding.lineAt(first - 2 + count));
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

  /** Follows with as many last lines as the window shows, or with none where it does not stand at the end. */
  #follow(): void {
    const tail = this.following ? Math.min(500, Math.ceil(this.height / ROW) + 8) : 0;
    if (tail === this.#tail || (this.known && this.extent.complete && this.#tail !== null)) return;
    this.#tail = tail;
    this.#client.ask({ log: { type: 'follow', with: { job: this.job, tail } } }, 'extent').then(
      (extent) => {
        this.#reaches(extent);
      },
      (error: unknown) => this.#failed(error),
    );
  }

  #failed(error: unknown): void {
    // After a drop everything is asked again by itself.
    if (error instanceof CallFailed && error.code === 'disconnected') return;
    this.problem = error instanceof Error ? error.message : String(error);
  }
}

function isSame(a: Row, b: Row): boolean {
  return a.row === b.row && a.number === b.number && a.line === b.line && a.before === b.before;
}
