// The present time for what runs: it ticks only while something that is not over is on screen.
import { createSubscriber } from 'svelte/reactivity';
import { Ticks } from './ticks';

/** A clock of seconds; of minutes in a window that nobody looks at. */
export class Clock {
  readonly #ticks = new Ticks();
  readonly #subscribe = createSubscriber((update) => this.#ticks.begin(update));

  /** Milliseconds since 1970; reading it in an effect or a template reads it again with each tick. */
  get now(): number {
    this.#subscribe();
    return Date.now();
  }

  /** Something new is drawn: a clock that ticks seldom is drawn with it. */
  come(): void {
    this.#ticks.come();
  }
}
