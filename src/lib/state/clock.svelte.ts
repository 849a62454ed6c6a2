// The present time for what runs: it ticks only while somebody looks at something that is not over.
import { createSubscriber } from 'svelte/reactivity';

/** A clock of seconds. */
export class Clock {
  readonly #subscribe = createSubscriber((update) => {
    const timer = setInterval(update, 1000);
    return () => clearInterval(timer);
  });

  /** Milliseconds since 1970; reading it in an effect or a template reads it again each second. */
  get now(): number {
    this.#subscribe();
    return Date.now();
  }
}
