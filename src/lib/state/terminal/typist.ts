// What goes from a terminal to its job: keys and sizes, one call after the other. Two calls at once may be answered in
// either order, and letters must not.
import { CallFailed, type Client } from '$lib/client';
import { reason } from '$lib/reason';
import type { JobId, Request } from '$lib/wire';

/** UTF-16 units of one call: the server takes 64 KiB, and a control character is six bytes of JSON. */
const PIECE = 8 * 1024;
/** What waits to be sent, at most, in UTF-16 units: past that a paste is refused, and says so. */
const MOST = 1024 * 1024;

/** Types into one job. */
export class Typist {
  readonly #client: Client;
  readonly #job: JobId;
  /** Called with the reason why something was not typed, for a person; with null once typing works again. */
  readonly #report: (problem: string | null) => void;
  #text = '';
  #size: { rows: number; cols: number } | null = null;
  #sending = false;

  constructor(client: Client, job: JobId, report: (problem: string | null) => void) {
    this.#client = client;
    this.#job = job;
    this.#report = report;
  }

  /** Types. */
  type(text: string): void {
    if (this.#text.length + text.length > MOST)
      return this.#report('this is too much to paste at once');
    this.#text += text;
    void this.#send();
  }

  /** Sends the size; of several that wait the last one counts. */
  resize(rows: number, cols: number): void {
    this.#size = { rows, cols };
    void this.#send();
  }

  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (let next = this.#take(); next; next = this.#take()) await this.#client.tell(next);
      this.#report(null);
    } catch (error) {
      // What waited behind it would arrive without its beginning.
      this.#text = '';
      this.#report(words(error));
    } finally {
      this.#sending = false;
    }
  }

  #take(): Request | null {
    const job = this.#job;
    if (this.#size) {
      const size = this.#size;
      this.#size = null;
      return { job: { type: 'resize', with: { job, ...size } } };
    }
    if (this.#text === '') return null;
    const text = this.#text.slice(0, end(this.#text));
    this.#text = this.#text.slice(text.length);
    return { job: { type: 'input', with: { job, text, end: false } } };
  }
}

/** Where a piece ends: not within a character of two units. */
function end(text: string): number {
  const last = text.charCodeAt(PIECE - 1);
  return last >= 0xd800 && last <= 0xdbff ? PIECE - 1 : PIECE;
}

function words(error: unknown): string {
  if (error instanceof CallFailed && error.code === 'disconnected')
    return 'not connected: the last keys may not have arrived';
  return reason(error);
}
