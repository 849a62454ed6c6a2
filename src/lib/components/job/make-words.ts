// The options of make that a job was started with, in words.
import { many } from '$lib/format';
import type { MakeOptions } from '$lib/wire';

/** One phrase for each option that is set. */
export function optionWords(options: MakeOptions): string[] {
  const { jobs, keep_going, always_make, dry_run, raw } = options;
  return [
    jobs === null
      ? null
      : jobs === 0
        ? 'unlimited parallel jobs (-j)'
        : `${many(jobs, 'parallel job')} (-j${jobs})`,
    keep_going ? 'keep going after a failure (-k)' : null,
    always_make ? 'rebuild everything (-B)' : null,
    dry_run ? 'dry run (-n)' : null,
    raw.length > 0 ? `raw make text in ${raw.join(', ')}` : null,
  ].filter((each) => each !== null);
}
