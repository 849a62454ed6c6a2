// Words for a host: where it is, and whether it answers. Everything that shows one uses these.
import { byName } from './batch';
import { took } from './format';
import type { Host, Job, Reach, ReachState } from './wire';

/** `user@address`, with the port if it is not the usual one. */
export function addressOf(host: Pick<Host, 'user' | 'hostname' | 'port'>): string {
  return `${host.user}@${host.hostname}${host.port === 22 ? '' : `:${host.port}`}`;
}

/** Where the page of a host is. */
export function hostPath(name: string): string {
  return `/hosts/${encodeURIComponent(name)}`;
}

/** Whether a host answers; `unasked` if nobody has asked yet. */
export type Answering = ReachState | 'unasked';

/** The word a person reads. */
export const REACH_WORD: Record<Answering, string> = {
  up: 'Up',
  down: 'Down',
  unreachable: 'Unreachable',
  unknown: 'Unknown',
  unasked: 'Not checked',
};

/** In the order in which they are counted on screen. */
export const ANSWERING: Answering[] = ['up', 'down', 'unreachable', 'unknown', 'unasked'];

/** `<0.1 ms`, `0.4 ms`, `12 ms`: how long a connection took, in microseconds. */
export function roundTrip(us: number): string {
  if (us < 100) return '<0.1 ms';
  return us < 9_950 ? `${(us / 1000).toFixed(1)} ms` : took(us / 1000);
}

/** Whether a host is among those that are looked for: each word is in its name, its address or one of its tags. */
export function isWanted(host: Host, filter: string): boolean {
  const { name, hostname, user, also, tags, production } = host;
  const marks = production ? ['@production'] : [];
  const texts = [name, `${user}@${hostname}`, ...also, ...tags.map((tag) => `@${tag}`), ...marks];
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return words.every((word) =>
    word.startsWith('@')
      ? texts.some((text) => text.toLowerCase().startsWith(word))
      : texts.some((text) => text.toLowerCase().includes(word)),
  );
}

/** What a list of hosts can be sorted by. */
export type HostColumn = 'name' | 'address' | 'state' | 'last';

/** A row of a list of hosts. */
export interface HostEntry {
  host: Host;
  reach: Reach | undefined;
  /** Its newest job that is known. */
  last: Job | undefined;
  /** How many of its jobs go on. */
  running: number;
}

/** Whether the host of a row answers. */
export function answering({ reach }: Pick<HostEntry, 'reach'>): Answering {
  return reach?.state ?? 'unasked';
}

/** Sorts rows; what is equal is sorted by name. What a person has to see to comes first by `state`. */
export function sortHosts(rows: HostEntry[], column: HostColumn, down: boolean): HostEntry[] {
  const sign = down ? -1 : 1;
  const compare = (a: HostEntry, b: HostEntry): number => {
    switch (column) {
      case 'name':
        return byName(a.host.name, b.host.name);
      case 'address':
        return byName(a.host.hostname, b.host.hostname);
      case 'state':
        return urgency(a) - urgency(b) || trip(a) - trip(b);
      case 'last':
        return time(b) - time(a);
    }
  };
  return [...rows].sort((a, b) => sign * compare(a, b) || byName(a.host.name, b.host.name));
}

const URGENCY: Answering[] = ['unreachable', 'down', 'unknown', 'unasked', 'up'];

function urgency(row: HostEntry): number {
  return URGENCY.indexOf(answering(row));
}

function trip({ reach }: HostEntry): number {
  return reach?.round_trip_us ?? 0;
}

function time({ last }: HostEntry): number {
  return last ? Date.parse(last.queued_at) : 0;
}
