// The settings the server keeps: asked for when they are first shown, and held here alone, whether the page or their file changes them.
import type { Client } from '../client';
import { reason } from '../reason';
import type { Settings as Kept, TriedDatabase } from '../wire';
import { Retention } from './retention.svelte';

/** The settings, as far as they are known. */
export class Settings {
  /** As they are now; null before they were asked for. */
  current = $state.raw<Kept | null>(null);
  /** Why they are not known, for a person. */
  problem = $state<string | null>(null);

  readonly #client: Client;
  /** What is being saved: what comes next waits for it, for it begins with what that made of them. */
  #saving: Promise<unknown> = Promise.resolve();

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

  /** Saves some of them, and leaves the others as they are then; rejects with the reason. */
  change(some: Partial<Kept>): Promise<void> {
    const saved = this.#saving.then(() => this.#save(some));
    this.#saving = saved.catch(() => undefined);
    return saved;
  }

  /** Asks a Postgres whether it can keep the history; rejects with why it cannot. */
  tryDatabase(url: string, schema: string | null): Promise<TriedDatabase> {
    return this.#client.ask(
      { settings: { type: 'try_database', with: { url, schema } } },
      'tried_database',
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

  async #save(some: Partial<Kept>): Promise<void> {
    if (this.current === null) throw new Error('they are not known yet');
    const settings = { ...this.current, ...some };
    this.take(
      await this.#client.ask({ settings: { type: 'change_settings', with: settings } }, 'settings'),
    );
  }
}
