// Whether hosts answer: asked for as long as a page shows them, and no longer.
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import type { Client } from '../client';
import type { Reach } from '../wire';

/** Hosts of one request: a page that is left ends its questions after so many. */
const AT_ONCE = 32;
/** After how many milliseconds a host that is in view is asked again. */
const AGAIN = 60_000;
/** How often it is looked which hosts are to be asked, in milliseconds. */
const LOOK = 2_000;

/** What is known of whether hosts answer. */
export class Reaches {
  readonly #client: Client;
  readonly #byHost = new SvelteMap<string, Reach>();
  /** Those whose answer is on its way. */
  readonly #checking = new SvelteSet<string>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** What is known of a host; undefined if it was not asked yet. */
  get(host: string): Reach | undefined {
    return this.#byHost.get(host);
  }

  /** Whether a host is being asked. */
  isChecking(host: string): boolean {
    return this.#checking.has(host);
  }

  /** Takes in an answer. */
  learn(reach: Reach): void {
    const previous = this.#byHost.get(reach.host);
    if (previous && Date.parse(previous.at) > Date.parse(reach.at)) return;
    this.#byHost.set(reach.host, reach);
    this.#checking.delete(reach.host);
  }

  /** Asks hosts, so many at once; returns when all have answered. */
  async ask(names: string[]): Promise<void> {
    for (let at = 0; at < names.length; at += AT_ONCE) {
      await this.#ask(names.slice(at, at + AT_ONCE));
    }
  }

  /**
   * Asks the hosts that are named, in their order, and each one again after a minute, until the function that is given
   * back is called. Nothing is asked while the window is hidden.
   */
  watch(names: () => string[]): () => void {
    let ended = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      const due = document.visibilityState === 'visible' ? this.#due(names()) : [];
      // Without a connection nothing is known, and the page says so elsewhere.
      const succeeded = await this.#ask(due.slice(0, AT_ONCE)).then(
        () => true,
        () => false,
      );
      // What failed is not tried again at once.
      if (!ended)
        timer = setTimeout(() => void look(), succeeded && due.length > AT_ONCE ? 0 : LOOK);
    };
    void look();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }

  #due(names: string[]): string[] {
    const now = Date.now();
    return names.filter((name) => {
      const previous = this.#byHost.get(name);
      return !this.#checking.has(name) && (!previous || now - Date.parse(previous.at) > AGAIN);
    });
  }

  async #ask(hosts: string[]): Promise<void> {
    if (hosts.length === 0) return;
    for (const host of hosts) this.#checking.add(host);
    try {
      await this.#client.tell({ host: { type: 'probe_hosts', with: { hosts } } });
    } finally {
      for (const host of hosts) this.#checking.delete(host);
    }
  }
}
