// The rows of a log of which only hits and the lines around them are shown: which lines they are is known in Rust.
import type { Client } from '$lib/client';
import type { Hit, Line } from '$lib/wire';

/** Rows asked for at once. */
const BLOCK = 100;
/** Blocks held at most; past that the one not looked at for longest goes. */
const MOST = 20;

interface Block {
  lines: Line[];
  stale: boolean;
}

/** Rows by number, from 0. */
export class NearHits {
  /** How many rows there are. */
  total = $state(0);
  /** The hits in the rows held, by line. */
  hits: ReadonlyMap<number, Hit[]> = new Map();

  readonly #client: Client;
  readonly #around: number;
  readonly #changed: () => void;
  readonly #blocks = new Map<number, Block>();
  readonly #asking = new Map<number, Promise<void>>();
  #number = 0;

  constructor(client: Client, around: number, changed: () => void) {
    this.#client = client;
    this.#around = around;
    this.#changed = changed;
  }

  /** Another find, or none. */
  reset(number: number): void {
    this.#number = number;
    this.total = 0;
    this.#blocks.clear();
    this.#asking.clear();
    this.hits = new Map();
  }

  /** There may be more by now. */
  stale(): void {
    for (const block of this.#blocks.values()) block.stale = true;
  }

  /** A row's line, if it is held. */
  get(row: number): Line | undefined {
    return this.#blocks.get(Math.floor(row / BLOCK))?.lines[row % BLOCK];
  }

  /** The first rows, and how many there are. */
  async load(): Promise<void> {
    if (this.#number !== 0) await this.#ask(0);
  }

  /** Asks for those of some rows that are not held. */
  want(first: number, count: number): void {
    if (this.#number === 0) return;
    const to = Math.floor(Math.max(first, first + count - 1) / BLOCK);
    for (let index = Math.floor(first / BLOCK); index <= to; index++) {
      const block = this.#blocks.get(index);
      if (!block || block.stale) void this.#ask(index);
    }
  }

  /** Asks for a block, unless that is under way. */
  #ask(index: number): Promise<void> {
    let asking = this.#asking.get(index);
    if (!asking) this.#asking.set(index, (asking = this.#fetch(index)));
    return asking;
  }

  /** An answer is bounded in bytes too: of long lines a block takes several. */
  async #fetch(index: number): Promise<void> {
    const number = this.#number;
    const [lines, hits]: [Line[], Hit[]] = [[], []];
    try {
      while (lines.length < BLOCK) {
        const skip = index * BLOCK + lines.length;
        const query = { find: number, around: this.#around, skip, count: BLOCK - lines.length };
        const near = await this.#client.ask(
          { find: { type: 'hit_lines', with: query } },
          'hit_lines',
        );
        if (number !== this.#number) return;
        this.total = near.total;
        lines.push(...near.lines);
        hits.push(...near.hits);
        if (near.lines.length === 0 || skip + near.lines.length >= near.total) break;
      }
      this.#put(index, lines, hits);
    } catch {
      // A failure is reported by the find itself.
    } finally {
      if (number === this.#number) this.#asking.delete(index);
      this.#changed();
    }
  }

  #put(index: number, lines: Line[], hits: Hit[]): void {
    this.#blocks.delete(index);
    this.#blocks.set(index, { lines, stale: false });
    const oldest = this.#blocks.keys().next();
    if (this.#blocks.size > MOST && !oldest.done) this.#blocks.delete(oldest.value);
    const all = new Map(this.hits);
    for (const line of lines) all.set(line.number, []);
    for (const hit of hits) all.get(hit.line)?.push(hit);
    // Those of rows that went are few; a new find forgets them all.
    this.hits = all;
  }
}
