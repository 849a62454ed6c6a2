// Comparing a job's log with others: what is compared, what differs, and the lines of it that are looked at.
import { SvelteMap } from 'svelte/reactivity';
import type { Client } from '../client';
import { OPENED, type Segment, first, segmentAt, segmentsOf, without } from '../log/segments';
import { reason } from '../reason';
import type {
  CompareRun,
  CompareView,
  Comparison,
  DiffLine,
  JobFailure,
  JobId,
  Mask,
  MaskedPart,
} from '../wire';

/** Lines that are asked for together. */
const CHUNK = 200;
/** Chunks that are kept; then those that were asked for first are forgotten. */
const KEPT = 200;

/** A row of what is shown: a line, a fold, or a line that is not there yet. */
export interface Row {
  /** Its place from the top. */
  at: number;
  line: DiffLine | null;
  /** The fold that it is. */
  fold: Segment | null;
}

/** The comparison of one job's log. */
export class LogComparison {
  readonly job: JobId;
  view = $state<CompareView>('new');
  /** The job it is compared with; null for the last ones that ended well. */
  with = $state<JobId | null>(null);
  /** What counts as a difference although it may differ from run to run. */
  counted = $state.raw<Mask[]>([]);
  found = $state.raw<Comparison | null>(null);
  problem = $state<string | null>(null);
  busy = $state(false);

  #opened = $state.raw<ReadonlyMap<string, number>>(new Map());
  readonly segments = $derived(this.found ? segmentsOf(this.found.runs, this.#opened) : []);
  /** Rows in all. */
  readonly rows = $derived.by(() => {
    const last = this.segments.at(-1);
    return last ? last.row + last.rows : 0;
  });

  readonly #client: Client;
  readonly #lines = new SvelteMap<string, DiffLine[]>();
  /** Chunks that were asked for, the first one first. */
  readonly #requested = new Set<string>();
  #number = 0;

  constructor(client: Client, job: JobId) {
    this.#client = client;
    this.job = job;
  }

  /** Compares anew; what was found stays until the answer is there. */
  async load(): Promise<void> {
    const number = (this.#number += 1);
    const wanted = { job: this.job, with: this.with, view: this.view, counted: this.counted };
    this.busy = true;
    try {
      const request = { compare: { type: 'compare_logs', with: wanted } } as const;
      const found = await this.#client.ask(request, 'comparison');
      if (number !== this.#number) return;
      this.#lines.clear();
      this.#requested.clear();
      this.#opened = new Map();
      this.found = found;
      this.problem = null;
    } catch (error) {
      if (number === this.#number) this.problem = reason(error);
    }
    if (number === this.#number) this.busy = false;
  }

  /** Shows another view, another job, or with other masks. */
  change(to: Partial<Pick<LogComparison, 'view' | 'with' | 'counted'>>): Promise<void> {
    Object.assign(this, to);
    return this.load();
  }

  /** Shows more of a fold. */
  open(segment: Segment): void {
    if (segment.fold === null) return;
    const shown = this.#opened.get(segment.fold) ?? 0;
    this.#opened = new Map(this.#opened).set(segment.fold, shown + OPENED);
  }

  /** Rows from one on, as far as their lines are there. */
  window(from: number, count: number): Row[] {
    const rows: Row[] = [];
    const end = Math.min(from + count, this.rows);
    let place = segmentAt(this.segments, from);
    for (let at = from; at < end; at += 1) {
      while (this.segments[place]!.row + this.segments[place]!.rows <= at) place += 1;
      const segment = this.segments[place]!;
      const within = at - segment.row;
      rows.push(
        segment.fold === null
          ? { at, fold: null, line: this.#line(segment.run, within) }
          : { at, fold: segment, line: null },
      );
    }
    return rows;
  }

  /** Asks for the lines of rows that are looked at, if they are not there. */
  async want(from: number, count: number): Promise<void> {
    const end = Math.min(from + count, this.rows);
    const wanted: { key: string; run: CompareRun }[] = [];
    for (const segment of this.segments.slice(segmentAt(this.segments, from))) {
      if (segment.row >= end) break;
      if (segment.fold !== null) continue;
      const begin = Math.max(0, from - segment.row);
      const stop = Math.min(segment.rows, end - segment.row);
      for (let chunk = Math.floor(begin / CHUNK); chunk * CHUNK < stop; chunk += 1) {
        const key = keyOf(segment.run, chunk);
        if (this.#requested.has(key)) continue;
        const rest = without(segment.run, chunk * CHUNK);
        wanted.push({ key, run: first(rest, Math.min(CHUNK, rest.count)) });
      }
    }
    await Promise.all(wanted.map(({ key, run }) => this.#ask(key, run)));
  }

  /** The row of the next change after a row, or of the one before it; null if there is none. */
  step(row: number, back: boolean): number | null {
    const starts = this.segments.filter(
      ({ run, fold }, at) =>
        run.side !== 'same' && fold === null && this.segments[at - 1]?.run.side !== run.side,
    );
    const rows = starts.map((segment) => segment.row);
    const next = back ? rows.findLast((start) => start < row) : rows.find((start) => start > row);
    return next ?? null;
  }

  async #ask(key: string, run: CompareRun): Promise<void> {
    const number = this.#number;
    this.#requested.add(key);
    const [oldest] = this.#requested;
    if (this.#requested.size > KEPT && oldest !== undefined) {
      this.#requested.delete(oldest);
      this.#lines.delete(oldest);
    }
    const other = this.found?.with[0] ?? null;
    const wanted = { job: this.job, with: other, runs: [run] };
    const request = { compare: { type: 'compared_lines', with: wanted } } as const;
    try {
      const { lines } = await this.#client.ask(request, 'compared_lines');
      if (number === this.#number) this.#lines.set(key, lines);
    } catch (error) {
      // Asked for again when they are looked at again.
      this.#requested.delete(key);
      if (number === this.#number) this.problem = reason(error);
    }
  }

  #line(run: CompareRun, within: number): DiffLine | null {
    const chunk = Math.floor(within / CHUNK);
    return this.#lines.get(keyOf(run, chunk))?.[within - chunk * CHUNK] ?? null;
  }
}

function keyOf(run: CompareRun, chunk: number): string {
  return `${run.side} ${run.old} ${run.new} ${chunk}`;
}

/** The comparisons that are open, each in the place of its job's log. */
export class Comparisons {
  readonly #client: Client;
  readonly #open = new SvelteMap<JobId, LogComparison>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** The comparison that is shown of a job; undefined while its log is. */
  of(job: JobId): LogComparison | undefined {
    return this.#open.get(job);
  }

  /** Compares a job's log: with another's line by line, or else of a job that failed what is new. */
  open(job: JobId, failed: boolean, other: JobId | null): void {
    const comparison = new LogComparison(this.#client, job);
    comparison.with = other;
    comparison.view = other === null && failed ? 'new' : 'lines';
    this.#open.set(job, comparison);
    void comparison.load();
  }

  /** What made a job fail, and which earlier runs failed the same; null if that is not known. */
  async failure(job: JobId): Promise<JobFailure | null> {
    const request = { compare: { type: 'failure', with: { job } } } as const;
    const answer = await this.#client.ask(request, 'failure').catch(() => null);
    return answer?.failure ?? null;
  }

  /** What of a line is left out by these rules beside the app's own; rejects with what is wrong with them. */
  async tryMasks(rules: string[], line: string): Promise<MaskedPart[]> {
    const request = { compare: { type: 'try_masks', with: { rules, line } } } as const;
    return (await this.#client.ask(request, 'masked_line')).parts;
  }

  /** Shows the log again. */
  close(job: JobId): void {
    this.#open.delete(job);
  }

  /** The connection came back. */
  resume(): void {
    for (const comparison of this.#open.values())
      if (comparison.problem !== null) void comparison.load();
  }
}
