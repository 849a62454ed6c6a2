// Targets whose name is a pattern, as `test-%`: a text is put in the place of the `%` to run one of them.
import type { Scan, Target } from '$lib/wire';

/** The part of a name that matches the pattern's `%`; null if it does not fit, or if the target is no pattern. */
export function stemOf({ name: pattern, pattern: isPattern }: Target, name: string): string | null {
  const at = pattern.indexOf('%');
  if (!isPattern || at < 0) return null;
  const [before, after] = [pattern.slice(0, at), pattern.slice(at + 1)];
  const fits = name.length > pattern.length - 1 && name.startsWith(before) && name.endsWith(after);
  return fits ? name.slice(at, name.length - after.length) : null;
}

/** The name by which a target is run: with the stem in the place of its `%`, if it is a pattern. */
export function nameWith({ name, pattern }: Target, stem: string | null): string {
  return pattern ? name.replace('%', () => stem ?? '%') : name;
}

/** The target that a name is: the one called so, else the pattern that fits it most closely. */
export function targetCalled(scan: Scan, name: string): Target | undefined {
  const called = scan.targets.find((target) => target.name === name);
  if (called) return called;
  const length = (target: Target) => stemOf(target, name)?.length ?? Infinity;
  const fitting = scan.targets.filter((target) => stemOf(target, name) !== null);
  return fitting.sort((a, b) => length(a) - length(b))[0];
}
