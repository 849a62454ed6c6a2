// The lines of a log that the page holds: blocks near the window, the least recently used ones dropped.
import type { Line } from '../wire';

/** Lines in a block. */
export const BLOCK = 100;

/** Blocks held at most: 2,400 lines. At the bound the block not looked at for longest goes. */
export const MOST = 24;

interface Block {
  lines: (Line | undefined)[];
  /** When it was last looked at, by our own count. */
  used: number;
  /** Whether lines in it may have grown since. */
  stale: boolean;
}

/** The number of the block a line is in, from 0. */
export function blockOf(number: number): number {
  return Math.floor((number - 1) / BLOCK);
}

/** Lines by number. */
export class Blocks {
  readonly #blocks = new Map<number, Block>();
  #uses = 0;

  /** How many blocks are held. */
  get size(): number {
    return this.#blocks.size;
  }

  /** A line, if it is held. */
  get(number: number): Line | undefined {
    return this.#blocks.get(blockOf(number))?.lines[(number - 1) % BLOCK];
  }

  /** Takes lines in, over what was held. */
  put(lines: Line[]): void {
    for (const line of lines) {
      const index = blockOf(line.number);
      let block = this.#blocks.get(index);
      if (!block) this.#blocks.set(index, (block = { lines: [], stale: false, used: 0 }));
      block.lines[(line.number - 1) % BLOCK] = line;
      block.used = ++this.#uses;
    }
    this.#trim();
  }

  /** Says that a block has just been read as it now is. */
  fresh(index: number): void {
    const block = this.#blocks.get(index);
    if (block) block.stale = false;
  }

  /** Marks the blocks with lines that had no end yet, other than those from `known` on, which have just arrived. */
  grown(arrived: number): void {
    for (const block of this.#blocks.values()) {
      block.stale ||= block.lines.some((line) => line?.open === true && line.number < arrived);
    }
  }

  /** The blocks of these lines that have to be asked for: not held, with a gap, or stale. */
  missing(first: number, last: number): number[] {
    const wanted: number[] = [];
    for (let index = blockOf(first); index <= blockOf(last); index++) {
      const block = this.#blocks.get(index);
      if (block) block.used = ++this.#uses;
      if (!block || block.stale || this.#gap(block, index, first, last)) wanted.push(index);
    }
    return wanted;
  }

  /** Drops everything. */
  clear(): void {
    this.#blocks.clear();
  }

  #gap(block: Block, index: number, first: number, last: number): boolean {
    const start = index * BLOCK;
    const from = Math.max(first - 1 - start, 0);
    const to = Math.min(last - 1 - start, BLOCK - 1);
    for (let at = from; at <= to; at++) if (!block.lines[at]) return true;
    return false;
  }

  #trim(): void {
    while (this.#blocks.size > MOST) {
      let [oldest, used] = [0, Infinity];
      for (const [index, block] of this.#blocks)
        if (block.used < used) [oldest, used] = [index, block.used];
      this.#blocks.delete(oldest);
    }
  }
}
