// What lists of hosts say, and how a file is named from a project's folder.
import { asks, CARE_WORD } from '$lib/care';
import type { Host } from '$lib/wire';

/** A row of a list of hosts. */
export interface HostOption {
  value: string;
  label: string;
  hint?: string | undefined;
  badge?: string | undefined;
}

/** The hosts that can be used, and a chosen one that is not among them. */
export function hostOptions(hosts: Host[], chosen: string): HostOption[] {
  const usable = hosts.filter(({ problem }) => problem === null);
  const options: HostOption[] = usable.map((host) => ({
    value: host.name,
    label: host.name,
    hint: `${host.user}@${host.hostname}`,
    badge: asks(host) ? (CARE_WORD[host.care] ?? undefined) : undefined,
  }));
  if (chosen === '' || usable.some(({ name }) => name === chosen)) return options;
  return [{ value: chosen, label: chosen, hint: 'not listed' }, ...options];
}

/** A path as make's own folder sees it. */
export function below(path: string, folder: string): string {
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;
}
