// What a launch would run, as the server reports it: asked at each change, but never twice at once.
import type { Client } from '$lib/client';
import { reason } from '$lib/reason';
import type { Preview, Start } from '$lib/wire';

/** The preview of a form. */
export class Previewer {
  /** The newest one; it may be that of a moment ago while `asking`. */
  shown = $state.raw<Preview | null>(null);
  /** Why there is none, for a person. */
  problem = $state.raw<string | null>(null);
  /** Whether a newer one is on its way. */
  asking = $state(false);

  readonly #client: Client;
  #wanted: Start | null = null;
  #round: Promise<void> = Promise.resolve();

  constructor(client: Client) {
    this.#client = client;
  }

  /** Asks for a preview; those asked for meanwhile are left out but for the last. None empties it. */
  want(start: Start | null): void {
    this.#wanted = start;
    if (start === null) this.shown = null;
    if (start === null || this.asking) return;
    this.asking = true;
    this.#round = this.#ask();
  }

  /** Waits until what is shown is what was wanted last. */
  settled(): Promise<void> {
    return this.#round;
  }

  /**
   * A request with the hash of where its hosts were when this was shown: elsewhere by then, it is refused; and with whether
   * a person was asked about those that always ask.
   */
  asShown(start: Start, hasAgreed: boolean): Start {
    if (start.kind === 'target') return start;
    const places = this.shown?.places;
    const shown = places === undefined ? {} : { shown: places };
    const rules = { ...start.rules, ...shown, ...(hasAgreed ? { agreed: true } : {}) };
    return Object.keys(rules).length > 0 ? { ...start, rules } : start;
  }

  async #ask(): Promise<void> {
    while (this.#wanted !== null) {
      const wanted = this.#wanted;
      try {
        const preview = await this.#client.ask(
          { launch: { type: 'preview', with: wanted } },
          'preview',
        );
        if (this.#wanted !== null) this.shown = preview;
        this.problem = null;
      } catch (error) {
        this.shown = null;
        this.problem = reason(error);
      }
      if (this.#wanted === wanted) break;
    }
    this.asking = false;
  }
}
