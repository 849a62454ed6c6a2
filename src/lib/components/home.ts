// Which jobs stand for all that was started, each thing once.
import type { Job } from '$lib/wire';

/** Without those of a batch that come after its first one. */
export function apart(jobs: Job[]): Job[] {
  const batches = new Set<string>();
  return jobs.filter(({ batch }) => {
    if (batch === null) return true;
    const isFirst = !batches.has(batch);
    batches.add(batch);
    return isFirst;
  });
}
