// The hosts of the SSH config and of inventories, and their saved commands.
import { SvelteSet } from 'svelte/reactivity';
import type { Client } from '../client';
import { asks } from '../care';
import type {
  Care,
  Choice,
  Host,
  ImportedHosts,
  Inclusion,
  Job,
  MarkChange,
  MarkOf,
  NewHost,
  Reach,
  SavedSet,
} from '../wire';
import { localChoices } from './local-choices';

/** As many hosts the sidebar shows whole; of more it shows a short list. */
const FEW = 20;
const SHORT = 12;

/** The list of hosts. */
export class Hosts {
  list = $state.raw<Host[]>([]);
  /** Those that no source names any more, for a week. */
  vanished = $state.raw<Host[]>([]);
  /** What could not be read of the SSH config and the other sources, with its place. */
  problems = $state.raw<string[]>([]);

  /** The sets that are saved, as they were last asked for. */
  sets = $state.raw<SavedSet[]>([]);

  /** The host of each name, of its other names too. */
  readonly #byName = $derived.by(() => {
    const others = this.list.flatMap((host) => host.also.map((name) => [name, host] as const));
    return new Map([...others, ...this.list.map((host) => [host.name, host] as const)]);
  });

  readonly #client: Client;
  readonly #pinned = new SvelteSet(localChoices.list('pinned-hosts'));
  readonly #unfolded = new SvelteSet(localChoices.list('unfolded-hosts'));

  constructor(client: Client) {
    this.#client = client;
  }

  /** Takes in the list. */
  set(list: Host[], problems: string[]): void {
    this.list = list.filter(({ vanished }) => vanished === null);
    this.vanished = list.filter(({ vanished }) => vanished !== null);
    this.problems = problems;
  }

  /** The host of a name, if it is listed. */
  called(name: string | null): Host | undefined {
    return name === null ? undefined : this.#byName.get(name);
  }

  /** What is asked on a host before something runs there. */
  careOf(name: string): Care {
    return this.called(name)?.care ?? 'ask';
  }

  /** Of these, those in production. */
  inProduction(names: string[]): string[] {
    return names.filter((name) => this.called(name)?.production === true);
  }

  /** Of these, those on which anything asks before it runs. */
  asking(names: string[]): string[] {
    return names.filter((name) => {
      const host = this.called(name);
      return host !== undefined && asks(host);
    });
  }

  /**
   * Those that the sidebar shows: all of few; of many the pinned ones, and then those used last, by `recent`, the names of
   * the hosts of the latest jobs.
   */
  short(recent: string[]): Host[] {
    if (this.list.length <= FEW) return this.list;
    const names = new Set([...this.#pinned, ...recent]);
    const byName = new Map(this.list.map((host) => [host.name, host]));
    const used = [...names].map((name) => byName.get(name)).filter((host) => host !== undefined);
    const others = this.list.filter(({ name }) => !names.has(name));
    const pinned = used.filter(({ name }) => this.#pinned.has(name)).length;
    return [...used, ...others].slice(0, Math.max(SHORT, pinned));
  }

  /** Whether the sidebar always shows it. */
  pinned(name: string): boolean {
    return this.#pinned.has(name);
  }

  /** Has the sidebar always show it, or no longer. */
  pin(name: string, pinned: boolean): void {
    if (pinned) this.#pinned.add(name);
    else this.#pinned.delete(name);
    localChoices.set('pinned-hosts', JSON.stringify([...this.#pinned]));
  }

  /** Whether its saved commands are shown. */
  unfolded(name: string): boolean {
    return this.#unfolded.has(name);
  }

  /** Hides those of every host. */
  foldAll(): void {
    this.#unfolded.clear();
    localChoices.set('unfolded-hosts', '[]');
  }

  /** Shows or hides them. */
  fold(name: string): void {
    if (!this.#unfolded.delete(name)) this.#unfolded.add(name);
    localChoices.set('unfolded-hosts', JSON.stringify([...this.#unfolded]));
  }

  /** Keeps a command for a host. */
  save(host: string | null, command: string): Promise<void> {
    return this.#client.tell({ catalog: { type: 'save_command', with: { host, command } } });
  }

  /** Says whether a host is in production: then anything asks, and what is dangerous for its name. */
  markProduction(host: string, production: boolean): Promise<void> {
    return this.#client.tell({ catalog: { type: 'mark_production', with: { host, production } } });
  }

  /** Changes the marks of hosts and, as `@tag`, of tags. */
  mark(on: string[], change: MarkChange): Promise<void> {
    return this.#client.tell({ catalog: { type: 'mark', with: { on, change } } });
  }

  /** All marks, tags first. */
  marks(): Promise<MarkOf[]> {
    return this.#client.ask({ catalog: { type: 'marks' } }, 'marks');
  }

  /** Adds a host of a person's own. */
  add(host: NewHost, tags: string[] = [], production = false): Promise<void> {
    return this.#client.tell({ host: { type: 'add_host', with: { host, tags, production } } });
  }

  /** Logs in to a host that is not saved yet, by a job. */
  async logIn(host: NewHost): Promise<Job[]> {
    const request = { host: { type: 'try_host', with: { host } } } as const;
    return (await this.#client.ask(request, 'started')).jobs;
  }

  /** Changes a host of a person's own. */
  edit(host: NewHost): Promise<void> {
    return this.#client.tell({ host: { type: 'edit_host', with: { host } } });
  }

  /** Removes a host of a person's own. */
  remove(name: string): Promise<void> {
    return this.#client.tell({ host: { type: 'remove_host', with: { name } } });
  }

  /** Reads hosts from a file or a folder from now on; the path is absolute. */
  import(path: string): Promise<ImportedHosts> {
    return this.#client.ask({ host: { type: 'import_hosts', with: { path } } }, 'hosts_imported');
  }

  /** Runs a command, and reads hosts from what it prints from now on. */
  importOf(command: string): Promise<ImportedHosts> {
    return this.#client.ask(
      { host: { type: 'import_hosts_of_command', with: { command } } },
      'hosts_imported',
    );
  }

  /** Gives tags to hosts, or takes them away. */
  tag(hosts: string[], tags: string[], given: boolean): Promise<void> {
    return this.#client.tell({ host: { type: 'tag_hosts', with: { hosts, tags, given } } });
  }

  /** Whether `ssh` knows the hosts of a person's own, and the line by which it would. */
  inclusion(): Promise<Inclusion> {
    return this.#client.ask({ host: { type: 'inclusion' } }, 'inclusion');
  }

  /** Writes that line into the person's SSH config. */
  include(): Promise<void> {
    return this.#client.tell({ host: { type: 'include_own_hosts' } });
  }

  /** Asks for the sets that are saved. */
  async loadSets(): Promise<void> {
    this.sets = await this.#client.ask({ host: { type: 'sets' } }, 'sets');
  }

  /** Saves a line as a set, so that `@name` means what that means when it is used; null takes the set away. */
  async saveSet(name: string, line: string | null): Promise<void> {
    await this.#client.tell({ host: { type: 'save_set', with: { name, line } } });
    await this.loadSets();
  }

  /** Finds the hosts that a line means. */
  choose(line: string): Promise<{ choice: Choice; folded: string }> {
    return this.#client.ask({ host: { type: 'choose_hosts', with: { line } } }, 'chosen');
  }

  /** Asks an address that no host has yet whether it answers. */
  probeAddress(address: string, port: number): Promise<Reach> {
    return this.#client.ask(
      { host: { type: 'probe_address', with: { address, port } } },
      'reached',
    );
  }

  /** Drops a saved command of a host. */
  forget(host: string, command: string): Promise<void> {
    return this.#client.tell({ catalog: { type: 'forget_command', with: { host, command } } });
  }
}
