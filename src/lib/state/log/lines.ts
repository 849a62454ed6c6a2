// The lines of one log that the page holds, and the questions for those it lacks.
import type { Client } from '$lib/client';
import { BLOCK, Blocks } from '$lib/log/blocks';
import type { Encoding, JobId, Line } from '$lib/wire';

/** Questions for blocks under way at a time; a fast drag must not queue up what it has passed. */
const AT_ONCE = 3;

/** Bytes of the longest line that is shown whole; a longer one can be copied. */
export const SHOWN = 512 * 1024;
/** Whole lines that are held beside the blocks. */
const WHOLE = 8;

/** Who is called when a question is answered, or is not. */
export interface Hearing {
  changed: () => void;
  failed: (error: unknown) => void;
}

/** Lines by number, asked for in blocks. */
export class Lines {
  readonly #client: Client;
  readonly #job: JobId;
  readonly #hearing: Hearing;
  readonly #blocks = new Blocks();
  readonly #asking = new Set<number>();
  /** Lines that a person wants to see whole. */
  readonly #whole = new Map<number, Line>();
  /** What their bytes are read in. */
  #encoding: Encoding = 'utf8';
  /** Counts changes of that: an answer of before is of no use. */
  #turn = 0;
  /** Blocks that came back short, and how long the log was then: asking again before it grows would go on for ever. */
  readonly #short = new Map<number, number>();

  constructor(client: Client, job: JobId, hearing: Hearing) {
    this.#client = client;
    this.#job = job;
    this.#hearing = hearing;
  }

  /** What the bytes are read in. */
  get encoding(): Encoding {
    return this.#encoding;
  }

  /** Reads the bytes in another encoding: what is held is of no use. */
  readIn(encoding: Encoding): void {
    this.#encoding = encoding;
    this.#turn += 1;
    this.#blocks.clear();
    this.#whole.clear();
    this.#asking.clear();
    this.#short.clear();
  }

  /** A line, if it is held. */
  get(number: number): Line | undefined {
    return this.#whole.get(number) ?? this.#blocks.get(number);
  }

  /** Shows the whole of a line from now on. */
  async show(number: number): Promise<void> {
    const turn = this.#turn;
    const line = await this.#one(number);
    if (!line || line.open || turn !== this.#turn) return;
    this.#whole.set(number, line);
    const [oldest] = this.#whole.keys();
    if (this.#whole.size > WHOLE) this.#whole.delete(oldest!);
    this.#hearing.changed();
  }

  /** The log grew to `total` lines; its last ones came along. Lines that had no end before them may have grown too. */
  grew(total: number, tail: Line[]): void {
    this.#blocks.put(tail);
    this.#blocks.grown(tail[0]?.number ?? total + 1);
  }

  /** Asks for those of a range that are not held, of a log of `total` lines; true if none is to be waited for. */
  want(first: number, last: number, total: number): boolean {
    let waits = false;
    for (const index of this.#blocks.missing(first, last)) {
      if (this.#short.get(index) === total) continue;
      waits = true;
      if (this.#asking.size >= AT_ONCE) break;
      if (!this.#asking.has(index)) void this.#fetch(index, total);
    }
    return !waits;
  }

  /** After a drop or a failure nothing is known to be in vain. */
  retry(): void {
    this.#short.clear();
  }

  /** Asks for lines, at most a thousand, and does not hold them. */
  async ask(first: number, count: number): Promise<Line[]> {
    const wanted = { job: this.#job, first, count, ...this.#read };
    return (await this.#client.ask({ log: { type: 'lines', with: wanted } }, 'lines')).lines;
  }

  /** One whole line, however long; without text if it is gone. */
  async whole(number: number): Promise<Pick<Line, 'spans' | 'tabs'>> {
    return (await this.#one(number)) ?? { spans: [] };
  }

  /** What a request says of the encoding: of the usual one nothing. */
  get #read(): { encoding?: Encoding } {
    return this.#encoding === 'utf8' ? {} : { encoding: this.#encoding };
  }

  async #one(number: number): Promise<Line | undefined> {
    const wanted = { job: this.#job, number, ...this.#read };
    return (await this.#client.ask({ log: { type: 'whole_line', with: wanted } }, 'lines'))
      .lines[0];
  }

  /** An answer is bounded in bytes too: of long lines a block takes several. */
  async #fetch(index: number, total: number): Promise<void> {
    this.#asking.add(index);
    const turn = this.#turn;
    const [first, end] = [index * BLOCK + 1, (index + 1) * BLOCK];
    const last = Math.min(end, total);
    try {
      let [next, count] = [first, 0];
      while (next <= last) {
        const lines = await this.ask(next, end - next + 1);
        if (turn !== this.#turn) return;
        if (lines.length === 0) break;
        this.#blocks.put(lines);
        count += lines.length;
        next = lines.at(-1)!.number + 1;
        this.#hearing.changed();
      }
      this.#blocks.fresh(index);
      if (count < last - first + 1) this.#short.set(index, total);
      this.#hearing.changed();
    } catch (error) {
      if (turn === this.#turn) this.#hearing.failed(error);
    } finally {
      if (turn === this.#turn) this.#asking.delete(index);
    }
  }
}
