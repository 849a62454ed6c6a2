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
}
