// What the page of one host shows beside the list: its jobs, and what it last said of itself.
import type { Client } from '../client';
import { type Facts, LOOK, readFacts } from '../host-facts';
import { ANY_JOB } from '../job';
import type { Job, JobId } from '../wire';
import { commandOn } from './launch/launch.svelte';

/** Jobs that are listed. */
const JOBS = 20;
/** Lines of what a host says of itself, at most. */
const LINES = 1000;

/** One host. */
export class HostView {
  /** Its latest jobs, newest first. */
  jobs = $state.raw<Job[]>([]);
  /** Whether there are older ones. */
  more = $state(false);
  /** Whether they have been asked for. */
  known = $state(false);
  /** What the host last said of itself; null if it was never asked, or that cannot be read. */
  facts = $state.raw<Facts | null>(null);
  /** The job they are read from. */
  source = $state.raw<JobId | null>(null);

  /** The job that asks the host of itself; null if none goes on. */
  looking = $state.raw<JobId | null>(null);

  readonly #client: Client;
  readonly #host: string;
  readonly #learn: (jobs: Job[]) => void;

  /** `learn` takes in jobs. */
  constructor(client: Client, host: string, learn: (jobs: Job[]) => void) {
    this.#client = client;
    this.#host = host;
    this.#learn = learn;
  }

  /** Asks for its jobs, and reads the last facts among them. */
  async load(): Promise<void> {
    const query = { ...ANY_JOB, host: this.#host, limit: JOBS };
    const page = await this.#client.ask({ job: { type: 'jobs', with: query } }, 'jobs');
    [this.jobs, this.more, this.known] = [page.jobs, page.more, true];
    const last =
      page.jobs.find((job) => isLook(job) && job.status === 'done') ?? (await this.#lastLook());
    if (last) await this.read(last.id);
  }

  /** Reads what the host said in a job that is over. */
  async read(job: JobId): Promise<void> {
    if (this.source === job) return;
    const request = { log: { type: 'lines', with: { job, first: 1, count: LINES } } } as const;
    const { lines } = await this.#client.ask(request, 'lines');
    this.facts = readFacts(lines.map(({ spans }) => spans.map(({ text }) => text).join('')));
    this.source = job;
  }

  /** Asks the host of itself: a job as every other, but it opens no tab. */
  async look(): Promise<void> {
    // The click asks for just this.
    const start = { ...commandOn(this.#host, LOOK), rules: { agreed: true } };
    const request = { launch: { type: 'start', with: start } } as const;
    const { jobs } = await this.#client.ask(request, 'started');
    this.#learn(jobs);
    this.looking = jobs[0]!.id;
  }

  async #lastLook(): Promise<Job | undefined> {
    const query = { ...ANY_JOB, host: this.#host, status: 'done', text: LOOK, limit: 1 } as const;
    const { jobs } = await this.#client.ask({ job: { type: 'jobs', with: query } }, 'jobs');
    return jobs.find(isLook);
  }
}

/** Whether a job asks a host of itself. */
function isLook(job: Job): boolean {
  return job.command === LOOK;
}
