// What was just taken away, and how it comes back: a line at the sidebar's foot, for a while.

/** How long it can be undone, in milliseconds. */
const WHILE = 10_000;

/** The last thing that was taken away. */
export class Undo {
  /** What was done, as `Removed df -h from web-1`; null if there is nothing to undo. */
  done = $state.raw<string | null>(null);
  #back: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Offers to undo something for a while. */
  offer(done: string, back: () => void): void {
    this.done = done;
    this.#back = back;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.drop(), WHILE);
  }

  /** Undoes it. */
  undo(): void {
    const back = this.#back;
    this.drop();
    back?.();
  }

  /** Offers it no more. */
  drop(): void {
    clearTimeout(this.#timer);
    this.done = null;
    this.#back = null;
  }
}
