// The hosts of the SSH config and of inventories, and their saved commands.
import { SvelteSet } from 'svelte/reactivity';
import type { Client } from '../client';
import type { Host } from '../wire';
import { remembered } from './local-choices';

/** The list of hosts. */
export class Hosts {
  list = $state.raw<Host[]>([]);
  /** Those that no source names any more, for a week. */
  vanished = $state.raw<Host[]>([]);
  /** What could not be read of the SSH config and the other sources, with its place. */
  problems = $state.raw<string[]>([]);

  readonly #client: Client;
  readonly #unfolded = new SvelteSet(remembered.list('unfolded-hosts'));

  constructor(client: Client) {
    this.#client = client;
  }

  /** Takes in the list. */
  set(list: Host[], problems: string[]): void {
    this.list = list.filter(({ vanished }) => vanished === null);
    this.vanished = list.filter(({ vanished }) => vanished !== null);
    this.problems = problems;
  }

  /** Of these, those in production. */
  inProduction(names: string[]): string[] {
    return names.filter((name) => this.list.some((host) => host.name === name && host.production));
  }

  /** Whether its saved commands are shown. */
  unfolded(name: string): boolean {
    return this.#unfolded.has(name);
  }

  /** Shows or hides them. */
  fold(name: string): void {
    if (!this.#unfolded.delete(name)) this.#unfolded.add(name);
    remembered.set('unfolded-hosts', JSON.stringify([...this.#unfolded]));
  }

  /** Keeps a command for a host. */
  save(host: string, command: string): Promise<void> {
    return this.#client.tell({ catalog: { type: 'save_command', with: { host, command } } });
  }

  /** Says whether a host is in production: then what is dangerous asks for its name. */
  async markProduction(host: string, production: boolean): Promise<void> {
    await this.#client.tell({ catalog: { type: 'mark_production', with: { host, production } } });
    this.list = this.list.map((each) => (each.name === host ? { ...each, production } : each));
  }

  /** Drops a saved command of a host. */
  forget(host: string, command: string): Promise<void> {
    return this.#client.tell({ catalog: { type: 'forget_command', with: { host, command } } });
  }
}
