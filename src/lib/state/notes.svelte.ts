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
  /** What was said here and has not been reported back. */
  readonly #unknown = new Map<JobId, Pick<Note, 'pinned' | 'text'>>();
  /** What is being said of a job; the next comes after it. */
  readonly #saying = new Map<JobId, Promise<void>>();
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
    const ours = this.#unknown.get(job);
    if (ours?.pinned === note.pinned && ours.text === note.text) this.#unknown.delete(job);
    this.#byJob.set(job, note);
  }

  /** Says something, here the text alone or the pin alone, after what was said before; rejects with the reason. */
  async say(job: JobId, change: Partial<Pick<Note, 'pinned' | 'text'>>): Promise<void> {
    // What has been said and is not known yet is not taken back by it.
    const { pinned = false, text = '' } = this.#unknown.get(job) ?? this.#byJob.get(job) ?? {};
    const note = { pinned, text, ...change };
    this.#unknown.set(job, note);
    const request = { job: { type: 'set_note', with: { job, ...note } } } as const;
    const before = this.#saying.get(job);
    const insist = () => this.#client.insist(request);
    const saying = before ? before.then(insist, insist) : insist();
    this.#saying.set(job, saying);
    try {
      await saying;
    } catch (error) {
      if (this.#unknown.get(job) === note) this.#unknown.delete(job);
      throw error;
    } finally {
      if (this.#saying.get(job) === saying) this.#saying.delete(job);
    }
  }
}
