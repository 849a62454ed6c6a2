// What people say of jobs, and which of them are pinned.
import { SvelteMap } from 'svelte/reactivity';
import type { Client } from '../client';
import type { JobId, Note } from '../wire';

/** As many are asked for at once. */
const AT_ONCE = 500;

/** The notes that are known. */
export class Notes {
  /** The job whose note is being written. */
  writing = $state<JobId | null>(null);

  readonly #byJob = new SvelteMap<JobId, Note>();
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** The note of a job, as far as is known. */
  get(job: JobId): Note | undefined {
    return this.#byJob.get(job);
  }

  /** Whether a job is pinned, as far as is known. */
  isPinned(job: JobId): boolean {
    return this.#byJob.get(job)?.pinned ?? false;
  }

  /** Asks for the notes of these jobs. While Postgres is away, what is known stays. */
  async of(jobs: JobId[]): Promise<void> {
    if (jobs.length === 0) return;
    const request = { job: { type: 'notes', with: { jobs: jobs.slice(0, AT_ONCE) } } } as const;
    const answer = await this.#client.ask(request, 'notes').catch(() => ({ notes: [] }));
    for (const [job, note] of answer.notes) this.#byJob.set(job, note);
  }

  /** A note was written, changed or removed. */
  noted(job: JobId, note: Note): void {
    this.#byJob.set(job, note);
  }

  /** Says something, here the text alone or the pin alone; rejects with the reason. */
  async say(job: JobId, change: Partial<Pick<Note, 'pinned' | 'text'>>): Promise<void> {
    const { pinned = false, text = '' } = this.#byJob.get(job) ?? {};
    const request = { job: { type: 'set_note', with: { job, pinned, text, ...change } } } as const;
    await this.#client.insist(request);
  }
}
