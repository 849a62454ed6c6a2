// How make was asked, in words.
import type { MakeOptions } from '$lib/wire';

/** One phrase for each option that is set. */
export function optionWords(options: MakeOptions): string[] {
  const { jobs, keep_going, always_make, dry_run, raw } = options;
  return [
    jobs === null ? null : jobs === 0 ? 'any number at once (-j)' : `${jobs} at once (-j${jobs})`,
    keep_going ? 'keep going after a failure (-k)' : null,
    always_make ? 'make everything anew (-B)' : null,
    dry_run ? 'only say what would be done (-n)' : null,
    raw.length > 0 ? `raw make text in ${raw.join(', ')}` : null,
  ].filter((each) => each !== null);
}
