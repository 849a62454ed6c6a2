// The logs of the open jobs: one view each, made when a job is first looked at, dropped with its tab.
import type { Client } from '$lib/client';
import type { Event, Job, JobId } from '$lib/wire';
import { LogView } from './view.svelte';

/** Views by job. */
export class Logs {
  readonly #client: Client;
  readonly #views = new Map<JobId, LogView>();
  /** Ends what a view derives. */
  readonly #ends = new Map<JobId, () => void>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** The view of a job's log. */
  of(job: Pick<Job, 'id' | 'status' | 'lines'>): LogView {
    const known = this.#views.get(job.id);
    if (known) return known;
    let view!: LogView;
    // What is derived is of the page that asks first, unless it has a root of its own, and stands still once that page
    // is left: a log that is come back to would neither grow nor move.
    const end = $effect.root(() => {
      view = new LogView(this.#client, job);
    });
    this.#views.set(job.id, view);
    this.#ends.set(job.id, end);
    return view;
  }

  /** The job's tab is closed. */
  drop(job: JobId): void {
    this.#views.get(job)?.find.close();
    this.#views.delete(job);
    this.#ends.get(job)?.();
    this.#ends.delete(job);
  }

  /** The connection came back, or the store did. */
  resume(): void {
    for (const view of this.#views.values()) view.resume();
  }

  /** A search came on. */
  found(came: Extract<Event, { type: 'found' }>['with']): void {
    for (const { find } of this.#views.values()) if (find.owns(came.search)) find.found(came);
  }

  /** A followed log grew. */
  grew(grew: Extract<Event, { type: 'log_grew' }>['with']): void {
    this.#views.get(grew.job)?.grew(grew);
  }
}
