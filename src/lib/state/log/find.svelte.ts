// The search in one log: what is looked for, how far it has come, and which hit is the current one.
import { CallFailed, type Client } from '$lib/client';
import { remembered } from '$lib/state/local-choices';
import { NearHits } from './hit-lines.svelte';
import type { Event, Hit, HitMarks, JobId, Query } from '$lib/wire';

/** Lines before and after each hit that stay where only hits are shown. */
export const AROUND = 2;
/** A search begins once the hand rests, not for each letter; in milliseconds. */
const REST = 120;
/** The time between two questions for marks, in milliseconds. */
const MARKS_EVERY = 250;
/** Lines around the window whose hits are asked for with it. */
const MARGIN = 60;
/** Before the first column of any line. */
const START = 0xffff_ffff;

type Came = Extract<Event, { type: 'found' }>['with'];

/** What a search needs of the window it is in. */
export interface Window {
  /** The number of the first line on screen. */
  top: () => number;
  /** Brings a line on screen, the how many-th row it may be where only hits are shown. */
  reveal: (line: number, row: number) => void;
  /** What is to be drawn has changed. */
  changed: () => void;
  /** Changes which lines have rows, and stays at the line that was at the top where that has one. */
  turn: (change: () => void) => void;
}

/** The same one for all lines without hits: a new one would have each drawn anew in each frame. */
const NONE: Hit[] = [];

let last = 0;

/** The search in one log. */
export class Find {
  open = $state(false);
  /** Moved on each time the field should have the focus. */
  summoned = $state(0);
  text = $state('');
  case = $state(remembered.get('find.case') === 'yes');
  word = $state(false);
  regex = $state(false);
  /** Whether only hits and the lines around them are shown. */
  only = $state(false);
  /** How many hits there are so far. */
  hits = $state(0);
  /** The current hit's number, from 1; 0 where there is none. */
  index = $state(0);
  current = $state.raw<Hit | null>(null);
  /** Whether all that there is has been looked through. */
  caughtUp = $state(false);
  /** Why it cannot be looked for, for a person. */
  problem = $state<string | null>(null);
  marks = $state.raw<HitMarks>({ every: 1, parts: [] });
  /** Hits by line, of the lines on screen and near. */
  seen = $state.raw<ReadonlyMap<number, Hit[]>>(new Map());

  readonly near: NearHits;
  readonly #client: Client;
  readonly #job: JobId;
  readonly #window: Window;
  /** The number of the search under way; 0 where there is none. */
  #search = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Something was typed that is not looked for yet. */
  #typed = false;
  #marking = false;
  /** A hit is wanted and none was found so far. */
  #wanted: boolean | null = null;
  /** How many lines have been looked through. */
  #reached = 0;
  /** The lines whose hits are held, of how many hits in all, and how many lines had been looked through. */
  #held = { first: 0, last: -1, hits: -1, reached: 0 };
  #asking = false;

  constructor(client: Client, job: JobId, window: Window) {
    this.#client = client;
    this.#job = job;
    this.#window = window;
    this.near = new NearHits(client, AROUND, () => window.changed());
  }

  /** Whether something is looked for. */
  get active(): boolean {
    return this.open && this.text !== '';
  }

  /** Opens the bar, or brings the focus back to it. */
  summon(): void {
    const again = !this.open && this.text !== '';
    this.open = true;
    this.summoned += 1;
    if (again) this.begin();
  }

  /** Closes the bar; what was looked for is kept for the next time. */
  close(): void {
    this.open = false;
    if (this.only) this.#window.turn(() => (this.only = false));
    this.#end();
    this.#window.changed();
  }

  /** Something else is looked for, once the hand rests. */
  type(text: string): void {
    this.text = text;
    this.#typed = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.begin(), REST);
  }

  /** Turns an option over. */
  toggle(option: 'case' | 'word' | 'regex'): void {
    this[option] = !this[option];
    if (option === 'case') remembered.set('find.case', this.case ? 'yes' : 'no');
    this.begin();
  }

  /** Shows only hits and the lines around them, or all again. */
  async toggleOnly(): Promise<void> {
    const search = this.#search;
    this.near.reset(search);
    this.#window.turn(() => (this.only = !this.only));
    if (this.only) await this.near.load();
    if (this.current && search === this.#search)
      await this.#step(this.current.line, this.current.start - 1, false);
  }

  /** Looks from the start; also after the connection came back. */
  begin(): void {
    clearTimeout(this.#timer);
    this.#typed = false;
    this.#end();
    if (!this.active) return this.#window.changed();
    const search = (this.#search = ++last);
    this.near.reset(search);
    this.#wanted = false;
    const { text, word, regex } = this;
    const query: Query = { text, case: this.case, word, regex };
    this.#client
      .tell({ find: { type: 'find', with: { job: this.#job, search, query } } })
      .catch((error) => {
        if (search === this.#search) this.#failed(error);
      });
  }

  /** The next hit, or the one before; where there is no current one, from the top of the window. */
  async step(back: boolean): Promise<void> {
    if (!this.active) return;
    // What was typed a moment ago is meant.
    if (this.#search === 0 || this.#typed) return this.begin();
    const from = this.current ?? { line: this.#window.top() - 1, start: START };
    await this.#step(from.line, from.start, back);
  }

  /** The search has come on. */
  found(came: Came): void {
    if (came.search !== this.#search) return;
    this.hits = came.hits;
    this.caughtUp = came.caught_up;
    this.#reached = came.lines;
    if (came.why !== null) this.problem = came.why;
    if (this.#wanted !== null && (came.hits > 0 || came.caught_up)) {
      const back = this.#wanted;
      this.#wanted = null;
      void this.step(back);
    }
    this.#markSoon();
    if (this.only) this.near.stale();
    this.#window.changed();
  }

  /** Whether a search of this number is this one's. */
  owns(search: number): boolean {
    return search !== 0 && search === this.#search;
  }

  /** The hits of these lines are to be drawn. */
  want(first: number, last: number): void {
    const held = this.#held;
    // Where all of them had been looked through, later hits are elsewhere; a line that has no end yet is the last one.
    const same = held.hits === this.hits || last < held.reached;
    const fresh = same && held.first <= first && last <= held.last;
    if (this.#asking || this.hits === 0 || fresh) return;
    const search = this.#search;
    const from = Math.max(1, first - MARGIN);
    const [hits, reached] = [this.hits, this.#reached];
    const wanted = { first: from, last: Math.min(last + MARGIN, from + 999), hits, reached };
    const count = wanted.last - from + 1;
    this.#asking = true;
    this.#client
      .ask({ find: { type: 'hits', with: { search, first: from, count } } }, 'hits')
      .then(
        ({ hits }) => {
          if (search !== this.#search) return;
          this.#held = wanted;
          this.seen = byLine(hits);
        },
        (error: unknown) => search === this.#search && this.#failed(error),
      )
      .finally(() => {
        this.#asking = false;
        this.#window.changed();
      });
  }

  /** The hits in a line. */
  in(line: number): Hit[] {
    return (this.only ? this.near.hits : this.seen).get(line) ?? NONE;
  }

  async #step(line: number, start: number, back: boolean): Promise<void> {
    const search = this.#search;
    const place = { line: Math.max(0, line), start: start < 0 ? 0 : start, back, around: AROUND };
    // Before the first column of a line is after all of the line above.
    if (start < 0) Object.assign(place, { line: Math.max(0, line - 1), start: START });
    try {
      const { hit, index, row } = await this.#client.ask(
        { find: { type: 'hit', with: { search, ...place } } },
        'hit',
      );
      if (search !== this.#search) return;
      // There may be one in what is still to be looked through.
      if (hit === null && !this.caughtUp) this.#wanted = back;
      if (hit === null) return;
      [this.current, this.index] = [hit, index];
      this.#window.reveal(hit.line, row);
    } catch (error) {
      if (search === this.#search) this.#failed(error);
    }
  }

  #markSoon(): void {
    if (this.#marking) return;
    this.#marking = true;
    setTimeout(
      () => void this.#mark(),
      this.hits > 0 && this.marks.parts.length === 0 ? 0 : MARKS_EVERY,
    );
  }

  async #mark(): Promise<void> {
    this.#marking = false;
    const search = this.#search;
    if (search === 0) return;
    try {
      const marks = await this.#client.ask(
        { find: { type: 'hit_marks', with: { search } } },
        'hit_marks',
      );
      if (search === this.#search) this.marks = marks;
    } catch {
      // They come with the next ones.
    }
  }

  #end(): void {
    const search = this.#search;
    this.#search = 0;
    [this.hits, this.index, this.current] = [0, 0, null];
    [this.caughtUp, this.problem, this.#wanted] = [false, null, null];
    this.marks = { every: 1, parts: [] };
    this.seen = new Map();
    this.#held = { first: 0, last: -1, hits: -1, reached: 0 };
    this.#reached = 0;
    if (search !== 0)
      this.#client.tell({ find: { type: 'end_find', with: { search } } }).catch(() => undefined);
  }

  #failed(error: unknown): void {
    // After a drop everything is looked for again by itself.
    if (error instanceof CallFailed && error.code === 'disconnected') return;
    this.problem = error instanceof Error ? error.message : String(error);
  }
}

/** Hits by their lines. */
export function byLine(hits: Hit[]): Map<number, Hit[]> {
  const lines = new Map<number, Hit[]>();
  for (const hit of hits) {
    const own = lines.get(hit.line);
    if (own) own.push(hit);
    else lines.set(hit.line, [hit]);
  }
  return lines;
}
