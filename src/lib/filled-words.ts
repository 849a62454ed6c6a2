// What a form was filled in with, as a person would type it behind the target.
import type { Filled, Job, MakeOptions } from './wire';

/** `ENV=staging`, and `TOKEN=…` of one that is secret. */
export function variableWords(variables: Job['variables']): string {
  return variables.map(([name, value]) => `${name}=${value ?? '…'}`).join(' ');
}

/** `-j4 -k`. */
function switches(options: MakeOptions): string[] {
  const { jobs, keep_going, always_make, dry_run } = options;
  return [
    jobs === null ? '' : jobs === 0 ? '-j' : `-j${jobs}`,
    keep_going ? '-k' : '',
    always_make ? '-B' : '',
    dry_run ? '-n' : '',
  ].filter((word) => word !== '');
}

/** All of it in one line; empty if nothing was filled in. */
export function filledWords({ stem, words, variables, options }: Filled): string {
  return [stem ?? '', ...words, variableWords(variables), ...switches(options)]
    .filter((word) => word !== '')
    .join(' ');
}
