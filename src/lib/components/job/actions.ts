// What a job's buttons and keys do alike.
import type { App } from '$lib/state/app.svelte';
import type { Job } from '$lib/wire';

/** Cancels a job; a failure is shown above the canvas. */
export function cancel(app: App, job: Job, force: boolean): void {
  void app.attempt(`cancel ${job.command}`, app.jobs.cancel(job.id, force));
}
