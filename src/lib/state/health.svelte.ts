// How the app is: what `vmo doctor` finds, what was traced of late, and how much is kept; asked for when somebody looks.
import type { Client } from '../client';
import { reason } from '../reason';
import type { Health as Found, Kept, StoreState } from '../wire';
import { storeWords } from '../store';

/** What the diagnostics say of the page. */
interface Around {
  version: string;
  store: StoreState | null;
  problems: string[];
}

/** The last look. */
export class Health {
  found = $state.raw<Found | null>(null);
  looking = $state(false);
  /** Why it could not be looked, for a person. */
  problem = $state<string | null>(null);
  storage = $state.raw<Kept | null>(null);
  /** Why it is not known how much is kept. */
  countProblem = $state<string | null>(null);

  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Looks at what the app needs; it takes some seconds. */
  async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    this.problem = null;
    try {
      this.found = await this.#client.ask({ settings: { type: 'health' } }, 'health');
    } catch (error) {
      this.problem = reason(error);
    }
    this.looking = false;
  }

  /** Counts what is kept. */
  async count(): Promise<void> {
    this.countProblem = null;
    try {
      this.storage = await this.#client.ask({ settings: { type: 'kept' } }, 'kept');
    } catch (error) {
      this.countProblem = reason(error);
    }
  }

  /** All of it as a text to send somebody; no log and no secret is in it. */
  async diagnostics({ version, store, problems }: Around): Promise<string> {
    if (this.found === null) await this.look();
    const findings = this.found?.findings.map(({ what, ok, optional, found }) => {
      const word = ok ? 'ok' : optional ? 'missing' : 'broken';
      return `${word.padEnd(8)}${what.padEnd(16)}${found}`;
    });
    const state = store && storeWords(store);
    return [
      `VM Orchestrator ${version}`,
      navigator.userAgent,
      ...(state ? [`${state.text}: ${state.detail}`] : []),
      ...problems,
      '',
      ...(findings ?? [this.problem ?? '']),
      '',
      ...(this.found?.traces ?? []),
    ].join('\n');
  }
}
