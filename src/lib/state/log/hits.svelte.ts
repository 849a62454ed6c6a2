// What a find in one log has found so far: how much, where, and the hits of the lines on screen.
import type { Client } from '$lib/client';
import type { Event, Hit, HitMarks } from '$lib/wire';
import { NearHits } from './hit-lines.svelte';

/** Lines before and after each hit that stay if only hits are shown. */
export const AROUND = 2;
/** The time between two questions for marks, in milliseconds. */
const MARKS_EVERY = 250;
/** Lines around the window whose hits are asked for with it. */
const MARGIN = 60;
/** The most lines whose hits are asked for at once. */
const MOST = 1000;

/** The server reports how far a find is. */
export type Came = Extract<Event, { type: 'found' }>['with'];

/** Who is called. */
export interface Hearing {
  /** What is to be drawn has changed. */
  changed: () => void;
  failed: (error: unknown) => void;
}

/** The same one for all lines without hits: a new one would have each drawn again in each frame. */
const NONE: Hit[] = [];
const NO_MARKS: HitMarks = { every: 1, parts: [] };
/** No lines' hits are held. */
const NOTHING = { first: 0, last: -1, hits: -1, reached: 0 };

/** The hits of one find after the other. */
export class Hits {
  /** How many there are so far. */
  count = $state(0);
  /** Whether all that there is has been looked through. */
  caughtUp = $state(false);
  /** Where in the log they are, for the ruler. */
  marks = $state.raw<HitMarks>(NO_MARKS);

  /** The rows that remain if only hits are shown. */
  readonly near: NearHits;
  readonly #client: Client;
  readonly #hearing: Hearing;
  /** Hits by line, of the lines on screen and near. */
  #seen = $state.raw<ReadonlyMap<number, Hit[]>>(new Map());
  /** The find they are of; 0 if there is none. */
  #number = 0;
  #marking = false;
  #asking = false;
  /** How many lines have been looked through. */
  #reached = 0;
  /** The lines whose hits are held, of how many hits in all, and how many lines had been looked through. */
  #held = NOTHING;

  constructor(client: Client, hearing: Hearing) {
    this.#client = client;
    this.#hearing = hearing;
    this.near = new NearHits(client, AROUND, () => hearing.changed());
  }

  /** Another find, or none. */
  reset(number: number): void {
    this.#number = number;
    [this.count, this.caughtUp, this.marks] = [0, false, NO_MARKS];
    [this.#seen, this.#held, this.#reached] = [new Map(), NOTHING, 0];
    if (number !== 0) this.near.reset(number);
  }

  /** The find has come on. */
  came({ hits, caught_up, lines }: Came): void {
    [this.count, this.caughtUp, this.#reached] = [hits, caught_up, lines];
    this.#markSoon();
  }

  /** The hits in a line; `only`: whether only hits are shown. */
  in(line: number, only: boolean): Hit[] {
    return (only ? this.near.hits : this.#seen).get(line) ?? NONE;
  }

  /** The hits of these lines are to be drawn. */
  want(first: number, last: number): void {
    const held = this.#held;
    // If all of them had been looked through, later hits are elsewhere; a line that has no end yet is the last one.
    const same = held.hits === this.count || last < held.reached;
    const fresh = same && held.first <= first && last <= held.last;
    if (!this.#asking && this.count > 0 && !fresh) void this.#ask(first, last);
  }

  async #ask(first: number, last: number): Promise<void> {
    const number = this.#number;
    const from = Math.max(1, first - MARGIN);
    const to = Math.min(last + MARGIN, from + MOST - 1);
    const held = { first: from, last: to, hits: this.count, reached: this.#reached };
    this.#asking = true;
    try {
      const which = { find: number, first: from, count: to - from + 1 };
      const { hits } = await this.#client.ask({ find: { type: 'hits', with: which } }, 'hits');
      if (number === this.#number) [this.#held, this.#seen] = [held, byLine(hits)];
    } catch (error) {
      if (number === this.#number) this.#hearing.failed(error);
    } finally {
      this.#asking = false;
      this.#hearing.changed();
    }
  }

  #markSoon(): void {
    if (this.#marking) return;
    this.#marking = true;
    // The first marks are wanted at once.
    const isFirst = this.count > 0 && this.marks.parts.length === 0;
    setTimeout(() => void this.#mark(), isFirst ? 0 : MARKS_EVERY);
  }

  async #mark(): Promise<void> {
    this.#marking = false;
    const number = this.#number;
    if (number === 0) return;
    try {
      const marks = await this.#client.ask(
        { find: { type: 'hit_marks', with: { find: number } } },
        'hit_marks',
      );
      if (number === this.#number) this.marks = marks;
    } catch {
      // They come with the next ones.
    }
  }
}

/** Hits by their lines. */
function byLine(hits: Hit[]): Map<number, Hit[]> {
  const lines = new Map<number, Hit[]>();
  for (const hit of hits) {
    const own = lines.get(hit.line);
    if (own) own.push(hit);
    else lines.set(hit.line, [hit]);
  }
  return lines;
}
