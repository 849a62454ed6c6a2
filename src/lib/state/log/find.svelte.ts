// Looking in one log: what is looked for, and which hit is the current one. What has been found is in `hits`.
import { CallFailed, type Client } from '$lib/client';
import { reason } from '$lib/reason';
import { localChoices } from '$lib/state/local-choices';
import type { Encoding, Hit, JobId, Query } from '$lib/wire';
import { AROUND, type Came, Hits } from './hits.svelte';

/** A find begins once the hand rests, not for each letter; in milliseconds. */
const REST = 120;
/** Before the first column of any line. */
const START = 0xffff_ffff;

/** What a find needs of the window it is in. */
export interface Window {
  /** The number of the first line on screen. */
  top: () => number;
  /** Brings a line on screen; `row` is its row if only hits are shown. */
  reveal: (line: number, row: number) => void;
  /** What is to be drawn has changed. */
  changed: () => void;
  /** Changes which lines have rows, and stays at the line that was at the top if that has one. */
  turn: (change: () => void) => void;
}

/** The number of the last find of this page. */
let last = 0;

/** The find in one log. */
export class Find {
  open = $state(false);
  /** Moved on each time the field should have the focus. */
  summoned = $state(0);
  text = $state('');
  case = $state(localChoices.get('find.case') === 'yes');
  word = $state(false);
  regex = $state(false);
  /** Whether only hits and the lines around them are shown. */
  only = $state(false);
  /** The current hit's number, from 1; 0 if there is none. */
  index = $state(0);
  current = $state.raw<Hit | null>(null);
  /** Why it cannot be looked for, for a person. */
  problem = $state<string | null>(null);

  /** What the log is shown in. */
  encoding: Encoding = 'utf8';
  readonly hits: Hits;
  readonly #client: Client;
  readonly #job: JobId;
  readonly #window: Window;
  /** The number of the find under way; 0 if there is none. */
  #number = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Something was typed that is not looked for yet. */
  #typed = false;
  /** A hit is wanted, in which direction, and none was found so far. */
  #wanted: 'next' | 'previous' | null = null;
  /** The line that the first hit is wanted at or after; else that at the top of the window. */
  #from: number | null = null;

  constructor(client: Client, job: JobId, window: Window) {
    this.#client = client;
    this.#job = job;
    this.#window = window;
    this.hits = new Hits(client, {
      changed: () => window.changed(),
      failed: (error) => this.#failed(error),
    });
  }

  /** Whether something is looked for. */
  get active(): boolean {
    return this.open && this.text !== '';
  }

  /** The hits in a line. */
  in(line: number): Hit[] {
    return this.hits.in(line, this.only);
  }

  /** Opens the bar, or brings the focus back to it. */
  summon(): void {
    const again = !this.open && this.text !== '';
    this.open = true;
    this.summoned += 1;
    if (again) this.begin();
  }

  /** Opens the bar to look for something that is known to be in a line, as soon as the log is in a window. */
  look(query: Query, line: number): void {
    this.open = true;
    this.#end();
    Object.assign(this, query);
    this.#from = line;
  }

  /** Closes the bar; what was looked for is there the next time. */
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
    this.#from = null;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.begin(), REST);
  }

  /** Turns an option over. */
  toggle(option: 'case' | 'word' | 'regex'): void {
    this[option] = !this[option];
    if (option === 'case') localChoices.set('find.case', this.case ? 'yes' : 'no');
    this.begin();
  }

  /** Shows only hits and the lines around them, or all again. */
  async toggleOnly(): Promise<void> {
    const number = this.#number;
    const { near } = this.hits;
    near.reset(number);
    this.#window.turn(() => (this.only = !this.only));
    if (this.only) await near.load();
    if (this.current && number === this.#number)
      await this.#step(this.current.line, this.current.start - 1, false);
  }

  /** Looks from the start; also after the connection came back. */
  begin(): void {
    clearTimeout(this.#timer);
    this.#typed = false;
    this.#end();
    if (!this.active) return this.#window.changed();
    const number = (this.#number = ++last);
    this.hits.reset(number);
    this.#wanted = 'next';
    const { text, word, regex } = this;
    const query: Query = { text, case: this.case, word, regex };
    const { encoding } = this;
    const wanted = { job: this.#job, find: number, query };
    const shown = encoding === 'utf8' ? {} : { encoding };
    this.#client.tell({ find: { type: 'find', with: { ...wanted, ...shown } } }).catch((error) => {
      if (number === this.#number) this.#failed(error);
    });
  }

  /** The next hit, or the one before; if there is no current one, from the top of the window. */
  async step(back: boolean): Promise<void> {
    if (!this.active) return;
    // What was typed a moment ago is meant.
    if (this.#number === 0 || this.#typed) return this.begin();
    const top = { line: (this.#from ?? this.#window.top()) - 1, start: START };
    const from = this.current ?? top;
    await this.#step(from.line, from.start, back);
  }

  /** Whether a find of this number is this one's. */
  owns(number: number): boolean {
    return number !== 0 && number === this.#number;
  }

  /** The find has come on. */
  found(came: Came): void {
    if (!this.owns(came.find)) return;
    this.hits.came(came);
    if (came.why !== null) this.problem = came.why;
    if (this.#wanted !== null && (came.hits > 0 || came.caught_up)) {
      const back = this.#wanted === 'previous';
      this.#wanted = null;
      void this.step(back);
    }
    if (this.only) this.hits.near.stale();
    this.#window.changed();
  }

  async #step(line: number, start: number, back: boolean): Promise<void> {
    const number = this.#number;
    const place = { line: Math.max(0, line), start: start < 0 ? 0 : start, back, around: AROUND };
    // Before the first column of a line is after all of the line above.
    if (start < 0) Object.assign(place, { line: Math.max(0, line - 1), start: START });
    try {
      const from = { find: number, ...place };
      const { hit, index, row } = await this.#client.ask(
        { find: { type: 'hit', with: from } },
        'hit',
      );
      if (number !== this.#number) return;
      // There may be one in what is still to be looked through.
      if (hit === null && !this.hits.caughtUp) this.#wanted = back ? 'previous' : 'next';
      if (hit === null) return;
      [this.current, this.index] = [hit, index];
      this.#from = null;
      this.#window.reveal(hit.line, row);
    } catch (error) {
      if (number === this.#number) this.#failed(error);
    }
  }

  #end(): void {
    const number = this.#number;
    this.#number = 0;
    this.hits.reset(0);
    [this.index, this.current, this.problem, this.#wanted] = [0, null, null, null];
    if (number !== 0)
      this.#client
        .tell({ find: { type: 'end_find', with: { find: number } } })
        .catch(() => undefined);
  }

  #failed(error: unknown): void {
    // After a drop everything is looked for again by itself.
    if (error instanceof CallFailed && error.code === 'disconnected') return;
    this.problem = reason(error);
  }
}
