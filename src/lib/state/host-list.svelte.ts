// What the list of hosts shows: looked for, sorted and chosen. It is the page's own, and is gone with it.
import { SvelteSet } from 'svelte/reactivity';
import {
  type Answering,
  answering,
  type HostColumn,
  type HostEntry,
  isWanted,
  sortHosts,
} from '../host';
import type { Job } from '../wire';
import type { Hosts } from './hosts.svelte';
import type { Jobs } from './jobs.svelte';
import type { Reaches } from './reaches.svelte';

/** What the list is put together from. */
export interface Sources {
  hosts: Hosts;
  jobs: Jobs;
  reaches: Reaches;
}

/** The list of hosts. */
export class HostList {
  filter = $state('');
  /** The hosts that answer so; null for all. */
  state = $state<Answering | null>(null);
  column = $state<HostColumn>('name');
  down = $state(false);
  /** The row that has the keyboard. */
  at = $state(0);
  readonly chosen = new SvelteSet<string>();

  /** From where a choice is extended. */
  #anchor = 0;
  readonly #sources: Sources;

  /** Of every host. */
  readonly all: HostEntry[] = $derived.by(() => {
    const { hosts, jobs, reaches } = this.#sources;
    const [last, running] = [new Map<string, Job>(), new Map<string, number>()];
    for (const job of jobs.all) {
      if (job.host !== null && !last.has(job.host)) last.set(job.host, job);
    }
    for (const { host } of jobs.active) {
      if (host !== null) running.set(host, (running.get(host) ?? 0) + 1);
    }
    return hosts.list.map((host) => ({
      host,
      reach: reaches.get(host.name),
      last: last.get(host.name),
      running: running.get(host.name) ?? 0,
    }));
  });
  readonly #wanted = $derived(this.all.filter(({ host }) => isWanted(host, this.filter)));
  /** Those that are shown, in their order. */
  readonly rows: HostEntry[] = $derived(
    sortHosts(
      this.#wanted.filter((row) => this.state === null || answering(row) === this.state),
      this.column,
      this.down,
    ),
  );
  /** How many of those that are looked for answer so. */
  readonly counts = $derived.by(() => {
    const counts = new Map<Answering, number>();
    for (const row of this.#wanted) {
      const state = answering(row);
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    return counts;
  });
  /** How many are looked for. */
  readonly wanted = $derived(this.#wanted.length);
  /** The names of those that are chosen and still there, in the order of the list. */
  readonly names: string[] = $derived(
    this.all.map(({ host }) => host.name).filter((name) => this.chosen.has(name)),
  );

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** Sorts by a column; by the same once more, the other way round. */
  sort(column: HostColumn): void {
    if (this.column === column) this.down = !this.down;
    else [this.column, this.down] = [column, false];
  }

  /** Chooses a row or leaves it out; with `extend`, all from the last one to it. */
  choose(row: number, extend: boolean): void {
    const name = this.rows[row]?.host.name;
    if (name === undefined) return;
    this.at = row;
    if (!extend) {
      if (!this.chosen.delete(name)) this.chosen.add(name);
      this.#anchor = row;
      return;
    }
    const [first, last] = [Math.min(this.#anchor, row), Math.max(this.#anchor, row)];
    for (const { host } of this.rows.slice(first, last + 1)) this.chosen.add(host.name);
  }

  /** Chooses all that are shown; if all of them are chosen, none. */
  chooseAll(): void {
    const names = this.rows.map(({ host }) => host.name);
    if (names.every((name) => this.chosen.has(name))) this.clear();
    else for (const name of names) this.chosen.add(name);
  }

  /** Whether all that are shown are chosen, or some of them. */
  readonly chosenOf: 'all' | 'some' | 'none' = $derived.by(() => {
    const chosen = this.rows.filter(({ host }) => this.chosen.has(host.name)).length;
    if (chosen === 0) return 'none';
    return chosen === this.rows.length ? 'all' : 'some';
  });

  /** Chooses none. */
  clear(): void {
    this.chosen.clear();
  }
}
