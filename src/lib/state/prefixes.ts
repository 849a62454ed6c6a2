// Many targets or hosts under one heading, in groups by what their names begin with.
import type { Host, Target } from '../wire';

/** Up to so many are one list. */
const MANY = 30;
/** As many make a group. */
const GROUP = 3;

/** Targets whose names begin alike; none begins so if `prefix` is null. */
export interface Alike {
  prefix: string | null;
  targets: Target[];
}

/** The targets in groups, in the order of the makefile; one group without a name if they are not many. */
export function alike(targets: Target[]): Alike[] {
  if (targets.length <= MANY) return [{ prefix: null, targets }];
  const by = new Map<string, Target[]>();
  for (const target of targets) {
    const prefix = prefixOf(target.name);
    if (prefix !== null) by.set(prefix, [...(by.get(prefix) ?? []), target]);
  }
  const groups: Alike[] = [];
  for (const target of targets) {
    const prefix = prefixOf(target.name);
    const members = prefix === null ? [] : by.get(prefix)!;
    const named = members.length >= GROUP ? prefix : null;
    const group = groups.find((each) => each.prefix === named);
    if (group) group.targets.push(target);
    else groups.push({ prefix: named, targets: [target] });
  }
  return groups;
}

/** What is before the first `-`, `_`, `/`, `:` or `.` of a name. */
function prefixOf(name: string): string | null {
  return /^([^-_/:.]+)[-_/:.]./.exec(name)?.[1] ?? null;
}

/** Hosts whose names begin alike. */
export interface AlikeHosts {
  prefix: string;
  hosts: Host[];
}

/** As many groups of hosts are shown. */
const GROUPS = 30;

/** The groups that hosts make by their names, the largest ones, in the order of the list: `web-01` and `web2` are of `web`. */
export function alikeHosts(hosts: Host[]): AlikeHosts[] {
  const by = new Map<string, Host[]>();
  for (const host of hosts) {
    const prefix = /^([^-_/:.\d]+)[-_/:.\d]/.exec(host.name)?.[1];
    if (prefix !== undefined) by.set(prefix, [...(by.get(prefix) ?? []), host]);
  }
  const groups = [...by].filter(([, members]) => members.length >= GROUP);
  const largest = groups.toSorted(([, a], [, b]) => b.length - a.length).slice(0, GROUPS);
  return groups
    .filter((group) => largest.includes(group))
    .map(([prefix, members]) => ({ prefix, hosts: members }));
}
