// Many targets under one heading, in groups by what their names begin with.
import type { Target } from '../wire';

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
