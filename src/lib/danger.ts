// Why something asks before it runs, in words.
import type { Danger } from './wire';

/** Why, with the target whose danger it is. */
export function dangerWords({ of, why }: Danger): string {
  return of === null ? why : `${of}: ${why}`;
}

/** Why a launch asks; null if it does not. In the form of a target, its own name in front says nothing. */
export function askWords(dangers: Danger[], target: string | null): string | null {
  const [first, ...others] = dangers;
  if (!first) return null;
  const own = first.of === target ? first.why : dangerWords(first);
  return [own, ...others.map(dangerWords)].join('; ');
}
