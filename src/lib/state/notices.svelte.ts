// What went wrong away from the place that asked for it. Rows above the canvas; they go when they are dismissed.
import { reason } from '../reason';

/** A row. */
export interface Notice {
  id: number;
  /** A sentence: what happened, where, what to try. */
  text: string;
}

/** Rows at most; the oldest goes. */
const MOST = 3;

/** The rows, oldest first. */
export class Notices {
  list = $state.raw<Notice[]>([]);
  #next = 1;

  /** Shows a failure: what was tried, and why it failed. The same words are not shown twice. */
  failed(doing: string, error: unknown): void {
    const text = `Failed to ${doing}: ${reason(error)}`;
    if (this.list.some((notice) => notice.text === text)) return;
    this.list = [...this.list, { id: this.#next++, text }].slice(-MOST);
  }

  /** Waits for something; if it fails, shows what was tried and why, and gives undefined. */
  async attempt<T>(doing: string, what: Promise<T>): Promise<T | undefined> {
    try {
      return await what;
    } catch (error) {
      this.failed(doing, error);
      return undefined;
    }
  }

  /** Takes a row away. */
  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }
}
