// The landmarks of one log: its errors and sections, asked for when the log is looked at, and again as it grows.
import type { Client } from '$lib/client';
import { Folding, type Fold } from '$lib/log/folding';
import { wentWell } from '$lib/log/sections';
import type { Extent, Fault, JobId, Outline, Section } from '$lib/wire';

/** The time between two questions about a log that grows, in milliseconds. */
const EVERY = 1500;

/** Errors and sections of one log, and which sections are folded. */
export class Outlined {
  errors = $state.raw<Fault[]>([]);
  sections = $state.raw<Section[]>([]);
  /** Whether there are more than are listed. */
  cut = $state(false);
  /** The first lines of the sections that are folded. */
  folded = $state.raw<ReadonlySet<number>>(new Set());

  /** Lines that report an error. */
  readonly faults: ReadonlyMap<number, Fault> = $derived(
    new Map(this.errors.map((fault) => [fault.line, fault])),
  );
  /** Sections by their first lines. */
  readonly heads: ReadonlyMap<number, Section> = $derived(
    new Map(this.sections.map((section) => [section.first, section])),
  );

  readonly #client: Client;
  readonly #job: JobId;
  readonly #changed: () => void;
  /** How many lines it is known of, and whether that is all. */
  #known = { lines: -1, complete: false };
  #asking = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #extent: Extent = { lines: 0, bytes: 0, complete: false };

  constructor(client: Client, job: JobId, changed: () => void) {
    this.#client = client;
    this.#job = job;
    this.#changed = changed;
  }

  /** The log is looked at, and reaches so far. */
  follow(extent: Extent): void {
    this.#extent = extent;
    const { lines, complete } = this.#known;
    if (this.#asking || (lines === extent.lines && complete === extent.complete)) return;
    if (lines < 0 || extent.complete) {
      clearTimeout(this.#timer);
      void this.#ask();
    } else {
      this.#timer ??= setTimeout(() => void this.#ask(), EVERY);
    }
  }

  /** The log is looked at no more. */
  leave(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The error after a line, or the one before; from the other end if there is none. */
  error(line: number, back: boolean): number | null {
    const all = this.errors;
    if (all.length === 0) return null;
    const next = all.findIndex((fault) => fault.line > line);
    if (!back) return all[next < 0 ? 0 : next]!.line;
    const before = all.findLastIndex((fault) => fault.line < line);
    return all[before < 0 ? all.length - 1 : before]!.line;
  }

  /** The rows of a log of so many lines. */
  rows(lines: number): Folding {
    const folds: Fold[] = [];
    for (const { first, last } of this.sections)
      if (this.folded.has(first)) folds.push({ first, last: last ?? lines });
    return new Folding(lines, folds);
  }

  /** The innermost section that a line is in, its first line included. */
  around(line: number): Section | null {
    let innermost: Section | null = null;
    for (const section of this.sections) {
      if (section.first > line) break;
      if (section.last === null || line <= section.last) innermost = section;
    }
    return innermost;
  }

  /** Folds a section, or unfolds it. */
  toggle(first: number): void {
    const folded = new Set(this.folded);
    if (!folded.delete(first)) folded.add(first);
    this.folded = folded;
  }

  /** Folds the recipes' sections that went well; true if there are any. */
  foldWhatWentWell(): boolean {
    const well = wentWell(this.sections, this.errors);
    this.folded = new Set([...this.folded, ...well]);
    return well.length > 0;
  }

  /** Unfolds all sections that hide a line. */
  show(line: number): void {
    const folded = new Set(this.folded);
    for (const { first, last } of this.sections)
      if (first < line && line <= (last ?? Infinity)) folded.delete(first);
    if (folded.size < this.folded.size) this.folded = folded;
  }

  async #ask(): Promise<void> {
    this.#timer = undefined;
    this.#asking = true;
    const { complete } = this.#extent;
    let failed = false;
    try {
      this.#take(
        await this.#client.ask({ log: { type: 'outline', with: { job: this.#job } } }, 'outline'),
        complete,
      );
    } catch {
      // A log without an outline can be read as well; it is asked for again when the log is opened again.
      failed = true;
    }
    this.#asking = false;
    if (!failed) this.follow(this.#extent);
  }

  #take(outline: Outline, complete: boolean): void {
    this.#known = { lines: complete ? this.#extent.lines : outline.lines, complete };
    this.errors = outline.errors;
    this.sections = outline.sections;
    this.cut = outline.cut;
    this.#changed();
  }
}
