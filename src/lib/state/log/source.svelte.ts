// How far one log reaches, and its lines: followed while its window is open, drawn at most once a frame.
import { CallFailed, type Client } from '$lib/client';
import { reason } from '$lib/reason';
import type { Encoding, Event, Extent, JobId } from '$lib/wire';
import { Lines } from './lines';

export type Grew = Extract<Event, { type: 'log_grew' }>['with'];

/** Who is called when there is something to draw. */
export interface Drawing {
  /** What came is in `extent` and `lines`; at most once a frame. `grew`: whether the log's extent came along. */
  drawn: (grew: boolean) => void;
}

/** The lines of a log, and how many there are. */
export class Source {
  extent = $state.raw<Extent>({ lines: 0, bytes: 0, complete: false });
  /** Whether the log's size is known yet. */
  known = $state(false);
  /** Why lines are missing, for a person. */
  problem = $state<string | null>(null);
  /** Moves on with each frame that is drawn: what is derived from held lines depends on it. */
  version = $state(0);

  readonly lines: Lines;
  readonly #client: Client;
  readonly #job: JobId;
  readonly #drawing: Drawing;
  #attached = false;
  /** As many last lines come along when the log grows; none before it is followed. */
  #tail: number | null = null;
  /** Whether the lines that come along may still be in the encoding of before. */
  #turning = false;
  #due = false;
  #pending: Extent | null = null;

  constructor(client: Client, job: JobId, drawing: Drawing) {
    this.#client = client;
    this.#job = job;
    this.#drawing = drawing;
    this.lines = new Lines(client, job, {
      changed: () => {
        this.problem = null;
        this.drawSoon();
      },
      failed: (error) => this.#failed(error),
    });
  }

  /** Whether the window is open: else nothing is asked for. */
  get attached(): boolean {
    return this.#attached;
  }

  /** The window is open. */
  attach(): void {
    this.#attached = true;
  }

  /** The window is closed. */
  detach(): void {
    this.#attached = false;
    this.#tail = null;
    this.#client
      .tell({ log: { type: 'unfollow', with: { job: this.#job } } })
      .catch(() => undefined);
  }

  /** Reads the log in another encoding from now on. */
  readIn(encoding: Encoding): void {
    this.lines.readIn(encoding);
    [this.#tail, this.#turning] = [null, true];
  }

  /** After a drop or a problem everything is asked for again. */
  forget(): void {
    this.problem = null;
    this.#tail = null;
    this.lines.retry();
  }

  /** Follows the log, with as many last lines each time it grows. */
  follow(tail: number): void {
    const isOver = this.known && this.extent.complete && this.#tail !== null;
    if (tail === this.#tail || isOver) return;
    this.#tail = tail;
    const { encoding } = this.lines;
    const wanted = { job: this.#job, tail, ...(encoding !== 'utf8' && { encoding }) };
    this.#client.ask({ log: { type: 'follow', with: wanted } }, 'extent').then(
      (extent) => {
        if (encoding === this.lines.encoding) this.#turning = false;
        this.#reaches(extent);
      },
      (error: unknown) => this.#failed(error),
    );
  }

  /** The log grew, or is complete. */
  grew({ extent, tail }: Grew): void {
    this.lines.grew(extent.lines, this.#turning ? [] : tail);
    this.#reaches(extent);
  }

  /** All that arrives within a frame is drawn once. */
  drawSoon(): void {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      const extent = this.#pending;
      this.#pending = null;
      if (extent) [this.extent, this.known] = [extent, true];
      this.version += 1;
      this.#drawing.drawn(extent !== null);
    });
  }

  /** A log only grows: an answer that was overtaken by an event is of the past. */
  #reaches(extent: Extent): void {
    const latest = this.#pending ?? this.extent;
    const isPast = extent.lines < latest.lines || (latest.complete && !extent.complete);
    if (!isPast) this.#pending = extent;
    this.drawSoon();
  }

  #failed(error: unknown): void {
    // After a drop everything is asked for again by itself.
    if (error instanceof CallFailed && error.code === 'disconnected') return;
    this.problem = reason(error);
  }
}
