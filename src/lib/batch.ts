// Words for a batch: on which hosts, and how they are. Everything that shows one uses these.
import { count } from './format';
import { STATUS_WORD } from './job';
import type { Batch, BatchGroup, BatchHost, HostState } from './wire';

/** In the order in which they are counted on screen: what needs a person first comes last, beside the buttons. */
const ORDER: HostState[] = [
  'running',
  'queued',
  'done',
  'held',
  'skipped',
  'canceled',
  'error',
  'unreachable',
];

/** What happened to a host that was not reached, by the word for the reason. */
const NOT_REACHED: Record<string, string> = {
  auth_failed: 'Login failed',
  host_key_unknown: 'Host key not known',
  host_key_changed: 'Host key changed',
  route_unsupported: 'No way to the host',
  needs_consent: 'No way to the host',
  gssapi: 'No way to the host',
  pkcs11: 'No way to the host',
  known_hosts_command: 'No way to the host',
  host_certificate: 'No way to the host',
  algorithms: 'No way to the host',
  server_too_old: 'Server too old',
  timeout: 'No answer',
};

/** How a host is, in words: a refused login is told from a host that is not there. */
export function hostWord({ state, unreachable }: Pick<BatchHost, 'state' | 'unreachable'>): string {
  return NOT_REACHED[unreachable ?? ''] ?? STATUS_WORD[state];
}

/** How many hosts are how, by their words; those with none are left out. */
export function counts(hosts: BatchHost[]): { state: HostState; word: string; count: number }[] {
  return ORDER.flatMap((state) => {
    const words = hosts.filter((host) => host.state === state).map(hostWord);
    return [...new Set(words)].sort().map((word) => ({
      state,
      word: word.toLowerCase(),
      count: words.filter((each) => each === word).length,
    }));
  });
}

/** `40 hosts`, `edge, 40 hosts`: where it runs, as it was chosen. */
export function where(batch: Pick<Batch, 'chosen' | 'hosts'>): string {
  const hosts = `${count(batch.hosts.length)} ${batch.hosts.length === 1 ? 'host' : 'hosts'}`;
  return batch.chosen === '' ? hosts : `${batch.chosen}, ${hosts}`;
}

/** The hosts on which a person would run it again first: those that failed or were not reached. */
export function failed(batch: Pick<Batch, 'hosts'>): string[] {
  const isFailed = ({ state }: BatchHost) => state === 'error' || state === 'unreachable';
  return batch.hosts.filter(isFailed).map(({ name }) => name);
}

/** Numbers within a name are compared as numbers: `web-9` comes before `web-10`. */
export const byName = new Intl.Collator('en', { numeric: true }).compare;

/** The names of few hosts; of many the first two, and how many more there are. */
export function named(names: string[]): string {
  if (names.length <= 3) return names.join(', ');
  const [first, second] = [...names].sort(byName);
  return `${first}, ${second} and ${count(names.length - 2)} more`;
}

/** `exit code 4` of a group, or what its hosts have in common. */
export function ending(group: Pick<BatchGroup, 'state' | 'why'>): string {
  if (group.why !== null) return group.why;
  return group.state === 'done' ? 'exit code 0' : group.state;
}

/** Rows as text that a spreadsheet reads (RFC 4180). What would be read there as a formula is text (OWASP). */
export function csv(rows: string[][]): string {
  const cell = (text: string) => {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return rows.map((row) => row.map(cell).join(',') + '\r\n').join('');
}
