// The batches that the page shows: one command on many hosts each.
import { SvelteMap } from 'svelte/reactivity';
import type { Client } from '../../client';
import { ANY_JOB } from '../../job';
import { batchTab } from '../../tab';
import type { Batch, BatchOrder, BatchSummary, Job } from '../../wire';
import type { Jobs } from '../jobs.svelte';
import { labelOfBatch } from '../tabs.svelte';
import { BatchView } from './view.svelte';

/** Jobs of a batch in one answer. */
const PAGE = 500;

/** Batches by id. */
export class Batches {
  readonly #client: Client;
  readonly #jobs: Jobs;
  readonly #byId = new SvelteMap<string, Batch>();
  readonly #views = new Map<string, BatchView>();

  /** `jobs` takes in the jobs of a batch, and what its tab says. */
  constructor(client: Client, jobs: Jobs) {
    this.#client = client;
    this.#jobs = jobs;
  }

  /** A batch, if it is known. */
  get(id: string): Batch | undefined {
    return this.#byId.get(id);
  }

  /** Asks for a batch. */
  async load(id: string): Promise<Batch> {
    const request = { batch: { type: 'batch', with: { batch: id } } } as const;
    const batch = await this.#client.ask(request, 'batch');
    const known = this.#byId.get(id);
    // Of two answers the one in which more has happened is newer.
    if (!known || known.changes <= batch.changes) this.#byId.set(id, batch);
    this.#jobs.tabs.keepLabel(batchTab(id), labelOfBatch(batch));
    return this.#byId.get(id)!;
  }

  /** Asks for a batch's jobs: when they began and ended. */
  async loadJobs(batch: string): Promise<void> {
    let before: string | null = null;
    for (;;) {
      const query = { ...ANY_JOB, batch, before, limit: PAGE };
      const page: { jobs: Job[]; more: boolean } = await this.#client.ask(
        { job: { type: 'jobs', with: query } },
        'jobs',
      );
      this.#jobs.learn(page.jobs);
      const last = page.jobs.at(-1);
      if (!page.more || !last) return;
      before = last.id;
    }
  }

  /** What a batch's page shows. */
  view(id: string): BatchView {
    const known = this.#views.get(id);
    if (known) return known;
    const view = new BatchView(id, this.#client, () => this.load(id));
    this.#views.set(id, view);
    return view;
  }

  /** Forgets what a closed tab showed. */
  drop(id: string): void {
    this.#views.delete(id);
    this.#byId.delete(id);
  }

  /** A batch is new or has changed: one that is shown is asked for again. */
  changed(summary: BatchSummary): void {
    if (this.#byId.has(summary.id)) this.#views.get(summary.id)?.refreshSoon();
  }

  /** After the connection was lost: what is shown may be old. */
  resume(): void {
    for (const view of this.#views.values()) view.refreshSoon();
  }

  /** Lets held hosts go, drops them, or cancels all of it. */
  order(batch: string, order: BatchOrder): Promise<void> {
    return this.#client.tell({ batch: { type: 'order', with: { batch, order } } });
  }
}
