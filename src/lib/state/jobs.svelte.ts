// The jobs the page knows: those that run, the latest ones, those of the open tabs; and what can be done with a job.
import { SvelteMap } from 'svelte/reactivity';
import { CallFailed, type Client } from '../client';
import { ANY_JOB, type AnyStatus, isOver, newestFirst, shownStatus } from '../job';
import { batchOf, batchTab, type Tab } from '../tab';
import type { Job, JobId, Start } from '../wire';
import { labelOfJob, Tabs } from './tabs.svelte';

/** How many of the latest jobs are asked for: they give each target its last status. */
const LATEST = 200;

/** A cancel that was asked for. */
export interface Canceling {
  /** Whether at once, by KILL. */
  force: boolean;
  /** Whether it has reached the app: it waits for the connection if that is away. */
  sent: boolean;
}

/** What jobs ask of the page, and tell it. */
export interface Calls {
  /** For each job that is started from this page. */
  started: (job: Job) => void;
  /** Whether a person wants to keep a job: its tab stays. */
  isPinned: (job: JobId) => boolean;
  /** A tab was closed, for a job that runs the same again has its place. */
  replaced: (tab: Tab) => void;
}

/** Jobs by id. Those that are started here get a tab. */
export class Jobs {
  /** The open tabs: of jobs, and of batches. */
  readonly tabs = new Tabs((tab) => {
    const job = this.#byId.get(tab);
    return job && labelOfJob(job);
  });

  /** Whether the latest ones have been asked for, with or without success. */
  known = $state(false);

  readonly #client: Client;
  readonly #calls: Partial<Calls>;
  readonly #byId = new SvelteMap<JobId, Job>();
  /** Cancels that were asked for. */
  readonly #canceling = new SvelteMap<JobId, Canceling>();

  /** All that are known, newest first. */
  readonly all: Job[] = $derived.by(() => {
    const now = Date.now();
    return [...this.#byId.values()].sort((a, b) => newestFirst(a, b, now));
  });
  /** Those that are not over. */
  readonly active: Job[] = $derived(this.all.filter((job) => !isOver(job)));
  /** The latest job of each target, by project and target; one of several targets counts for its first. */
  readonly #latest = $derived.by(() => {
    const latest = new Map<string, Job>();
    for (const job of this.all) {
      const [target] = job.targets;
      if (job.project === null || target === undefined) continue;
      const key = `${job.project}\n${target}`;
      if (!latest.has(key)) latest.set(key, job);
    }
    return latest;
  });

  constructor(client: Client, calls: Partial<Calls> = {}) {
    this.#client = client;
    this.#calls = calls;
  }

  /** A job, if it is known. */
  get(id: JobId): Job | undefined {
    return this.#byId.get(id);
  }

  /** The latest job of a target. */
  latest(project: string, target: string): Job | undefined {
    return this.#latest.get(`${project}\n${target}`);
  }

  /** The cancel that was asked for, from here or anywhere; null if none was or the job is over. */
  canceling(job: Job): Canceling | null {
    if (isOver(job)) return null;
    const seen = job.last_signal?.requested
      ? { force: job.last_signal.signal === 'KILL', sent: true }
      : null;
    return this.#canceling.get(job.id) ?? seen;
  }

  /** How a job is, as it is shown. */
  shown(job: Job): AnyStatus {
    return this.canceling(job) ? 'canceling' : shownStatus(job);
  }

  /** Takes in what is known of jobs. */
  learn(jobs: Job[]): void {
    for (const job of jobs) {
      const previous = this.#byId.get(job.id);
      // No job goes back: an answer may have been on its way while an event overtook it.
      if (previous && stage(previous) > stage(job)) continue;
      this.#byId.set(job.id, job);
      this.tabs.keepLabel(job.id, labelOfJob(job));
      if (isOver(job)) this.#canceling.delete(job.id);
    }
  }

  /** Asks for the latest ones and for those of the tabs; at the start, and after the connection came back. */
  async refresh(): Promise<void> {
    const latest = { ...ANY_JOB, limit: LATEST };
    try {
      this.learn((await this.#client.ask({ job: { type: 'jobs', with: latest } }, 'jobs')).jobs);
    } finally {
      this.known = true;
    }
    const jobs = this.tabs.all.filter((tab) => batchOf(tab) === null);
    const unknown = jobs.filter((id) => !this.#byId.has(id) || !isOver(this.#byId.get(id)!));
    await Promise.all(unknown.map((id) => this.#loadTab(id)));
  }

  /** Asks for one job. */
  async load(id: JobId): Promise<Job> {
    const job = await this.#client.ask({ job: { type: 'job', with: { job: id } } }, 'job');
    this.learn([job]);
    return job;
  }

  /** Starts, opens a tab for the job, or one for all jobs of a batch, and gives the first one. */
  async start(start: Start): Promise<Job> {
    const { jobs } = await this.#client.ask({ launch: { type: 'start', with: start } }, 'started');
    return this.#started(jobs);
  }

  /** Starts the same again, as the person sees it; what somebody else started only if its owner was confirmed. */
  async runAgain({ id: job, seal: seen }: Job, confirmed: string[] = []): Promise<Job> {
    const request = { launch: { type: 'run_again', with: { job, seen, confirmed } } } as const;
    const { jobs } = await this.#client.ask(request, 'started');
    return this.#started(jobs);
  }

  /** Ends a job: gently, or by KILL at once. If the connection is away, as soon as it is back. */
  async cancel(id: JobId, force: boolean): Promise<void> {
    const before = this.#canceling.get(id);
    const waits = { force, sent: false };
    this.#canceling.set(id, waits);
    try {
      await this.#client.insist({ job: { type: 'cancel', with: { job: id, force } } });
      if (this.#canceling.get(id) === waits) this.#canceling.set(id, { force, sent: true });
    } catch (error) {
      if (before === undefined) this.#canceling.delete(id);
      else this.#canceling.set(id, before);
      throw error;
    }
  }

  /** Types into a job. */
  type(id: JobId, text: string, end = false): Promise<void> {
    return this.#client.tell({ job: { type: 'input', with: { job: id, text, end } } });
  }

  /** Sends a job in a terminal the size of its window, in characters. One that is over need not know. */
  resize(id: JobId, rows: number, cols: number): void {
    this.#client.tell({ job: { type: 'resize', with: { job: id, rows, cols } } }).catch(() => {});
  }

  /** A tab whose job was deleted goes; with any other trouble it stays, and the job's page says what it is. */
  async #loadTab(id: JobId): Promise<void> {
    try {
      await this.load(id);
    } catch (error) {
      if (error instanceof CallFailed && error.code === 'not_found') this.tabs.close(id);
    }
  }

  /** The tab of a job, in the place of one in which the same has ended. */
  #openTab(job: Job): void {
    const old = this.tabs.all.find((tab) => {
      const before = this.#byId.get(tab);
      return before && isOver(before) && isSame(before, job) && !this.#calls.isPinned?.(tab);
    });
    if (old === undefined) return this.tabs.open(job.id);
    this.tabs.replace(old, job.id);
    this.#calls.replaced?.(old);
  }

  #started(jobs: Job[]): Job {
    // An event that came meanwhile is newer than the answer to their start.
    this.learn(jobs.filter((job) => !this.#byId.has(job.id)));
    for (const job of jobs) {
      if (job.batch !== null) this.tabs.open(batchTab(job.batch));
      else this.#openTab(job);
      this.#calls.started?.(job);
    }
    return this.#byId.get(jobs[0]!.id)!;
  }
}

/** Whether two jobs run the same at the same place. */
function isSame(a: Job, b: Job): boolean {
  return (
    a.id !== b.id &&
    a.batch === b.batch &&
    a.project === b.project &&
    a.host === b.host &&
    a.cwd === b.cwd &&
    a.command === b.command
  );
}

/** How far a job has come. */
function stage(job: Job): number {
  if (job.status === 'queued') return 0;
  return job.status === 'running' ? 1 : 2;
}
