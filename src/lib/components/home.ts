// Which jobs stand for all that was started, each thing once.
import { isLook } from '$lib/job';
import type { Job } from '$lib/wire';

/** Without those of a batch that come after its first one, and without the app's own looks for a project. */
export function apart(jobs: Job[]): Job[] {
  const batches = new Set<string>();
  return jobs.filter((job) => {
    const { batch } = job;
    if (isLook(job)) return false;
    if (batch === null) return true;
    const isFirst = !batches.has(batch);
    batches.add(batch);
    return isFirst;
  });
}
