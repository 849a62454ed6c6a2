// The settings the server keeps: asked for when they are first shown, and held here alone, whether the form or their file changes them.
import type { Client } from '../client';
import { reason } from '../reason';
import type { Settings as Kept } from '../wire';
import { Retention } from './retention.svelte';

/** The settings, as far as they are known. */
export class Settings {
  /** As they are now; null before they were asked for. */
  current = $state.raw<Kept | null>(null);
  /** Why they are not known, for a person. */
  problem = $state<string | null>(null);

  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Asks for them, unless they are known. */
  async load(): Promise<void> {
    if (this.current !== null) return;
    this.problem = null;
    try {
      this.take(await this.#client.ask({ settings: { type: 'settings' } }, 'settings'));
    } catch (error) {
      this.problem = reason(error);
    }
  }

  /** Saves them; rejects with the reason. */
  async save(settings: Kept): Promise<void> {
    this.take(
      await this.#client.ask({ settings: { type: 'change_settings', with: settings } }, 'settings'),
    );
  }

  /** A form of the rules of what is kept. */
  retention(rules: Kept['retention']): Retention {
    return new Retention(this.#client, rules);
  }

  /** Takes in what they are now; the same once more, as after a change of one's own, changes nothing. */
  take(settings: Kept): void {
    if (JSON.stringify(settings) !== JSON.stringify(this.current)) this.current = settings;
  }
}
