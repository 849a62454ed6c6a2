// The way of a job's bytes into its terminal: from near the log's end on, without a gap or a double after a drop, and
// never more of them at once than the terminal can take.
import { CallFailed, type Client, type Reader } from '$lib/client';
import type { Chunk } from '$lib/log/frames';
import { reason } from '$lib/reason';
import type { JobId } from '$lib/wire';

/** How much of what was written before is shown, in bytes. */
export const TAIL = 2 * 1024 * 1024;
/** Bytes that wait for the terminal, at most. At that bound nothing is lost: they are asked for again later. */
const MOST = 1024 * 1024;
/** So few wait when more are asked for. */
const FEW = 256 * 1024;

/** What the bytes go to. */
export interface Sink {
  /** Writes, and calls `then` when it is done with them. */
  write: (bytes: Uint8Array, then: () => void) => void;
  /** What comes next does not go on where the last bytes ended. */
  skipped: () => void;
  /** Whether all that was there before has been written, so that what comes now is new. */
  live: (live: boolean) => void;
  /** The log is complete and all of it has been written. */
  ended: () => void;
  /** Why nothing comes, for a person; null if something does again. */
  failed: (why: string | null) => void;
}

/** `resting` until somebody resumes it, `full` until there is room. */
type State = 'closed' | 'resting' | 'asking' | 'reading' | 'full' | 'over';

/** One log's way. */
export class Feed {
  readonly #client: Client;
  readonly #job: JobId;
  readonly #sink: Sink;
  readonly #reader: Reader;
  /** Whether everything counts as new: this page started the job and is the first to show it. */
  #fresh: boolean;
  #state: State = 'closed';
  #subscription: number | null = null;
  /** The first chunk that has not been taken, and the first that has not been written. */
  #next = 0;
  #written = 0;
  #queued = 0;
  /** The first chunk that is new; none if none will be. */
  #new: number | null = null;

  constructor(client: Client, job: JobId, sink: Sink, fresh: boolean) {
    this.#client = client;
    this.#job = job;
    this.#sink = sink;
    this.#fresh = fresh;
    this.#reader = {
      begun: (begun) => this.#begun(begun),
      chunks: (chunks) => this.#take(chunks),
      ended: (why) => this.#ended(why),
      dropped: () => this.#rest(),
    };
  }

  /** Begins. */
  open(): void {
    if (this.#state === 'closed') this.#state = 'resting';
    this.resume();
  }

  /** Goes on after a drop, or after a problem. */
  resume(): void {
    if (this.#state === 'resting') void this.#ask();
  }

  /** Ends for good. */
  close(): void {
    this.#state = 'closed';
    this.#leave();
  }

  async #ask(): Promise<void> {
    this.#state = 'asking';
    try {
      const from = { job: this.#job, seq: this.#next, tail: TAIL };
      await this.#client.subscribe(from, this.#reader);
    } catch (error) {
      if (this.#is('closed')) return;
      this.#rest();
      // After a drop it is asked again by itself.
      if (error instanceof CallFailed && error.code === 'disconnected') return;
      this.#sink.failed(reason(error));
    }
  }

  #begun({ subscription, seq, live }: Parameters<Reader['begun']>[0]): void {
    this.#subscription = subscription;
    // Closed while it was asked for.
    if (this.#state !== 'asking') return this.#leave();
    this.#state = 'reading';
    this.#sink.failed(null);
    if (seq > this.#next) {
      this.#next = seq;
      this.#sink.skipped();
      this.#fresh = false;
    }
    this.#new = this.#fresh && live !== null ? 0 : live;
    this.#fresh = false;
    this.#tell();
  }

  #take(chunks: Chunk[]): void {
    for (const { seq, bytes } of chunks) {
      if (seq < this.#next) continue;
      if (this.#queued > 0 && this.#queued + bytes.length > MOST) return this.#fill();
      this.#next = seq + 1;
      this.#queued += bytes.length;
      this.#sink.write(bytes, () => this.#done(seq, bytes.length));
    }
  }

  #done(seq: number, length: number): void {
    this.#queued -= length;
    this.#written = seq + 1;
    if (this.#state === 'full' && this.#queued <= FEW) void this.#ask();
    this.#tell();
  }

  /** A socket cannot be paused, so the subscription is closed, and opened again when there is room. */
  #fill(): void {
    this.#state = 'full';
    this.#leave();
    this.#tell();
  }

  #ended(why: string | null): void {
    this.#subscription = null;
    this.#state = why === null ? 'over' : 'resting';
    if (why !== null) this.#sink.failed(why);
    this.#tell();
  }

  /** The connection is gone, or there is a problem: it waits for `resume`. */
  #rest(): void {
    this.#subscription = null;
    if (this.#state !== 'closed' && this.#state !== 'over') this.#state = 'resting';
    this.#tell();
  }

  /** Asks again after a wait, for it may have changed. */
  #is(state: State): boolean {
    return this.#state === state;
  }

  #leave(): void {
    if (this.#subscription !== null) this.#client.unsubscribe(this.#subscription);
    this.#subscription = null;
  }

  #tell(): void {
    if (this.#state === 'closed') return;
    const caughtUp = this.#new !== null && this.#written >= this.#new;
    this.#sink.live(this.#state === 'reading' && caughtUp);
    if (this.#state === 'over' && this.#written >= this.#next) this.#sink.ended();
  }
}
