// What the page of one target shows: how its runs went, and how long they took.
import type { Client } from '../client';
import { ANY_JOB, elapsed, isOver, newestFirst } from '../job';
import { median, nineOfTen } from '../statistics';
import type { Job } from '../wire';

/** Runs that are looked at, the latest ones. */
const RUNS = 200;

/** A run that is over and had begun. */
export interface Run {
  job: Job;
  /** Milliseconds. */
  ran: number;
}

/** One target of one project. */
export class TargetView {
  /** Its latest jobs, newest first. */
  jobs = $state.raw<Job[]>([]);
  /** Whether there are older ones. */
  more = $state(false);
  /** Whether they have been asked for. */
  known = $state(false);

  /** Those that ended, oldest first. */
  readonly runs: Run[] = $derived.by(() => {
    const runs = this.jobs.flatMap((job) => {
      const ran = isOver(job) ? elapsed(job, 0) : null;
      return ran === null ? [] : [{ job, ran }];
    });
    return runs.reverse();
  });
  /** How long those took that went well. */
  readonly #took = $derived(
    this.runs.filter(({ job }) => job.status === 'done').map(({ ran }) => ran),
  );
  /** How many runs went well. */
  readonly done = $derived(this.#took.length);
  /** The middle one of those; null if none did. */
  readonly median = $derived(median(this.#took));
  /** What nine of ten of those took at most; null if none did. */
  readonly nineOfTen = $derived(nineOfTen(this.#took));

  readonly #client: Client;
  readonly #project: string;
  readonly #target: string;

  constructor(client: Client, project: string, target: string) {
    this.#client = client;
    this.#project = project;
    this.#target = target;
  }

  /** Asks for its jobs. */
  async load(): Promise<void> {
    const query = { ...ANY_JOB, project: this.#project, target: this.#target, limit: RUNS };
    const page = await this.#client.ask({ job: { type: 'jobs', with: query } }, 'jobs');
    [this.jobs, this.more, this.known] = [page.jobs, page.more, true];
  }

  /** Takes in what is known by now of jobs of any kind. */
  learn(jobs: Job[]): void {
    const own = jobs.filter((job) => job.project === this.#project && job.target === this.#target);
    if (!this.known || own.length === 0) return;
    const all = new Map([...this.jobs, ...own].map((job) => [job.id, job]));
    this.jobs = [...all.values()].sort(newestFirst).slice(0, RUNS);
  }
}
