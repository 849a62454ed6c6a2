// How a section of a log is: how long it took, or takes, and how it ended.
import { isOver } from '$lib/job';
import type { Fault, Job, Section } from '$lib/wire';

/** The end of a section, or that it has none yet. */
export interface SectionState {
  status: 'running' | 'done' | 'error' | null;
  /** How long it took, or has taken so far, in milliseconds; null if nobody knows. */
  ms: number | null;
}

/** How a section of a job's log is; `now` gives milliseconds since 1970, and is only asked for one that runs. */
export function sectionState(
  section: Section,
  job: Pick<Job, 'status' | 'finished_at'> | undefined,
  now: () => number,
): SectionState {
  const { began_at, failed } = section;
  const until = (end: number) => Math.max(0, end - began_at / 1000);
  const over = job === undefined || isOver(job);
  // The last line of a recipe ends with the job; nothing says when a make that was killed left its folder.
  const byJob = section.of === 'recipe' && job?.finished_at ? Date.parse(job.finished_at) : null;
  const end = section.ended_at === null ? byJob : section.ended_at / 1000;
  if (failed) return { status: 'error', ms: end === null ? null : until(end) };
  if (section.ended_at !== null) return { status: 'done', ms: until(section.ended_at / 1000) };
  if (!over) return { status: 'running', ms: until(now()) };
  if (byJob === null) return { status: null, ms: null };
  return { status: job?.status === 'done' ? 'done' : null, ms: until(byJob) };
}

/** Whether there is anything to be folded below its head. */
export function hasLines(section: Section): boolean {
  return section.last === null || section.last > section.first;
}

/** The first lines of the recipes' sections that went well, and in which no line reports an error. */
export function wentWell(sections: Section[], errors: Fault[]): number[] {
  const well = sections.filter(
    ({ of, failed, first, last }) =>
      of === 'recipe' &&
      !failed &&
      last !== null &&
      last > first &&
      !errors.some(({ line }) => first <= line && line <= last),
  );
  return well.map(({ first }) => first);
}
