// How the jobs before one went, of the same thing: what a job that runs may be measured by.
import type { Client } from '$lib/client';
import { median } from '$lib/statistics';
import type { Earlier, JobId } from '$lib/wire';

/** The jobs before one, oldest first. */
export class PreviousRuns {
  jobs = $state.raw<Earlier[]>([]);

  /** The median duration of those that went well, in milliseconds; none if none did. */
  readonly usual: number | null = $derived.by(() => {
    const done = this.jobs.filter(({ status }) => status === 'done').map((job) => job.took_ms);
    return median(done);
  });

  /** Milliseconds that one is usually silent at most; null if that is not known. */
  usualSilence = $state<number | null>(null);
  /** When the job last wrote something, or began, as far as was asked; milliseconds since 1970. */
  wroteAt = $state<number | null>(null);

  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Asks for those before this job. While Postgres is away there are none. */
  async of(job: JobId): Promise<void> {
    const request = { job: { type: 'earlier', with: { job } } } as const;
    const answer = await this.#client.ask(request, 'earlier').catch(() => null);
    this.jobs = answer === null ? [] : answer.jobs.toReversed();
  }

  /** Asks how long this job and those before it are silent. While Postgres is away, nothing is usual. */
  async silenceOf(job: JobId): Promise<void> {
    const request = { job: { type: 'silence', with: { job } } } as const;
    const answer = await this.#client.ask(request, 'silence').catch(() => null);
    this.usualSilence = answer?.usual_ms ?? null;
    this.wroteAt = answer?.since ? new Date(answer.since).getTime() : null;
  }
}
