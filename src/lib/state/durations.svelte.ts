// How long the runs before the jobs of a list took, and which of the jobs took much longer than that.
import { SvelteMap } from 'svelte/reactivity';
import type { Client } from '../client';
import { elapsed, isOver } from '../job';
import { nineOfTen } from '../statistics';
import type { Earlier, Job, JobId } from '../wire';

/** As many are asked for at once. */
const AT_ONCE = 500;
/** Jobs that end one after the other are asked about together; in milliseconds. */
const REST = 500;
/** Of fewer runs nothing is usual. */
const ENOUGH = 5;
/** Longer than nine of ten by this is long. */
const LONG = 1.5;

/** The earlier runs that are known. */
export class Durations {
  /** Oldest first. */
  readonly #byJob = new SvelteMap<JobId, Earlier[]>();
  readonly #client: Client;
  /** Jobs that have ended and are asked about next. */
  readonly #ended = new Set<JobId>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** The runs before a job, oldest first, as far as is known. */
  before(job: JobId): Earlier[] {
    return this.#byJob.get(job) ?? [];
  }

  /** In milliseconds, what nine of ten runs before a job took at most, if it took half as long again; else null. */
  exceeds(job: Job): number | null {
    const ran = isOver(job) ? elapsed(job, 0) : null;
    const most = usualAtMost(this.before(job.id));
    return ran !== null && most !== null && ran > most * LONG ? most : null;
  }

  /** A job is changed: what was before one that has just ended is asked for in a moment, with that of others. */
  learn(job: Job, isListed: boolean): void {
    if (!isListed || !isOver(job) || this.#byJob.has(job.id)) return;
    if (this.#ended.size === 0) setTimeout(() => void this.of(this.#taken()), REST);
    this.#ended.add(job.id);
  }

  #taken(): JobId[] {
    const ended = [...this.#ended];
    this.#ended.clear();
    return ended;
  }

  /** Asks for the runs before these jobs. While Postgres is away, what is known stays. */
  async of(jobs: JobId[]): Promise<void> {
    const missing = jobs.filter((job) => !this.#byJob.has(job)).slice(0, AT_ONCE);
    if (missing.length === 0) return;
    const request = { job: { type: 'earlier_of_each', with: { jobs: missing } } } as const;
    const answer = await this.#client.ask(request, 'earlier_of_each').catch(() => null);
    if (answer === null) return;
    for (const [job, before] of answer.runs) this.#byJob.set(job, before.toReversed());
  }
}

/** What nine of ten runs that went well took at most, in milliseconds; null if there are too few. */
export function usualAtMost(runs: Earlier[]): number | null {
  const took = runs.filter(({ status }) => status === 'done').map(({ took_ms }) => took_ms);
  return took.length < ENOUGH ? null : nineOfTen(took);
}
