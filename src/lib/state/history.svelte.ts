// Every job ever, newest first, a page at a time; each page goes on after the last job of the one before.
import type { Client } from '../client';
import { day } from '../format';
import { ANY_JOB, newestFirst, STATUSES } from '../job';
import { reason } from '../reason';
import type { Job, JobId, JobQuery, Status } from '../wire';
import { Picked } from './picked.svelte';

/** Jobs in a page. */
const PAGE = 100;

/** Jobs of the whole list, at most, and of a page of it. */
const ALL = 10_000;
const ALL_PAGE = 500;

/** A span of time that the list may be narrowed to, up to now. */
export type Span = '' | 'hour' | 'today' | 'week' | 'month';

/** What the list is narrowed to; empty means any. */
export interface Filter {
  /** Statuses, separated by commas. */
  status: string;
  project: string;
  target: string;
  host: string;
  owner: string;
  batch: string;
  span: Span;
  pinned: '' | 'pinned';
  text: string;
}

/** Jobs of one day. */
export interface Day {
  name: string;
  jobs: Job[];
}

/** Nothing is filtered. */
export const ANY: Filter = {
  status: '',
  project: '',
  target: '',
  host: '',
  owner: '',
  batch: '',
  span: '',
  pinned: '',
  text: '',
};

/** The list of jobs. */
export class History {
  filter = $state.raw<Filter>(ANY);
  jobs = $state.raw<Job[]>([]);
  /** Whether there are older ones. */
  more = $state(false);
  loading = $state(false);
  /** Whether a first page has come. */
  known = $state(false);
  /** Why the list may be short, for a person. */
  incomplete = $state<string | null>(null);
  /** Why there is none, for a person. */
  failure = $state<string | null>(null);

  /** The jobs by day, newest first. */
  readonly days: Day[] = $derived.by(() => {
    const days: Day[] = [];
    for (const job of this.jobs) {
      const name = day(new Date(job.queued_at));
      const last = days.at(-1);
      if (last?.name === name) last.jobs.push(job);
      else days.push({ name, jobs: [job] });
    }
    return days;
  });
  /** Whether anything is filtered. */
  readonly narrowed = $derived(Object.values(this.filter).some((value) => value !== ''));

  /** Which jobs are listed, whatever a page of them is. */
  get scope(): JobQuery {
    return { ...this.#query(null), limit: 0 };
  }

  /** The job that another one of the list is to be compared with; null while none is chosen. */
  compared = $state.raw<Job | null>(null);

  /** Those that were picked, whatever is listed now. */
  readonly picked = new Picked();

  /** Those that it is asked about whether they are to go; null while it is not. */
  deleting = $state.raw<Job[] | null>(null);

  /** Whose jobs have been seen in the list, to choose from. */
  owners = $state.raw<string[]>([]);

  readonly #client: Client;
  readonly #saw: (jobs: JobId[]) => void;
  readonly #narrowed: () => void;
  /** Counts the questions, so that a late answer to an earlier filter is not taken. */
  #requests = 0;

  /** `saw` is called with the jobs of each page, `narrowed` when others are listed. */
  constructor(
    client: Client,
    saw: (jobs: JobId[]) => void = () => undefined,
    narrowed: () => void = () => undefined,
  ) {
    this.#client = client;
    this.#saw = saw;
    this.#narrowed = narrowed;
  }

  /** Narrows the list and asks for it. */
  narrow(filter: Partial<Filter>): void {
    this.filter = { ...this.filter, ...filter };
    void this.load();
    this.#narrowed();
  }

  /** Narrows it to this and nothing else. */
  only(filter: Partial<Filter>): void {
    this.narrow({ ...ANY, ...filter });
  }

  /** Shows all again. */
  widen(): void {
    this.narrow(ANY);
  }

  /** Asks for the first page. */
  async load(): Promise<void> {
    await this.#page(null);
  }

  /** Asks for the next page, if there is one and none is under way. */
  async next(): Promise<void> {
    const last = this.jobs.at(-1);
    if (this.more && !this.loading && last) await this.#page(last.id);
  }

  /** A job is new or changed: shown where it belongs. */
  learn(job: Job): void {
    if (!this.known) return;
    const at = this.jobs.findIndex((each) => each.id === job.id);
    if (at >= 0) this.jobs = this.jobs.with(at, job);
    else if (this.#matches(job) && !(this.jobs[0] && newestFirst(job, this.jobs[0]) > 0)) {
      this.jobs = [job, ...this.jobs];
    }
  }

  /** Drops jobs for good; gives those that have gone. */
  async remove(jobs: Job[]): Promise<JobId[]> {
    const ids = jobs.map((job) => job.id);
    const request = { job: { type: 'delete_jobs', with: { jobs: ids } } } as const;
    const { gone } = await this.#client.ask(request, 'deleted');
    this.jobs = this.jobs.filter((job) => !gone.includes(job.id));
    for (const job of jobs)
      if (gone.includes(job.id) && this.picked.has(job.id)) this.picked.toggle(job);
    return gone;
  }

  /** Writes jobs into a file in the folder for downloads; gives its path. */
  async export(jobs: Job[]): Promise<string> {
    const ids = jobs.map((job) => job.id);
    const request = { job: { type: 'export_jobs', with: { jobs: ids } } } as const;
    return (await this.#client.ask(request, 'saved')).path;
  }

  /** All that are listed, older pages included; the newest 10,000 if there are more. */
  async all(): Promise<Job[]> {
    const jobs: Job[] = [];
    for (let before: string | null = null; jobs.length < ALL; before = jobs.at(-1)!.id) {
      const query = { ...this.#query(before), limit: ALL_PAGE };
      const page = await this.#client.ask({ job: { type: 'jobs', with: query } }, 'jobs');
      jobs.push(...page.jobs);
      if (!page.more || page.jobs.length === 0) break;
    }
    return jobs.slice(0, ALL);
  }

  async #page(before: string | null): Promise<void> {
    const request = ++this.#requests;
    this.loading = true;
    try {
      const query = { job: { type: 'jobs', with: this.#query(before) } } as const;
      const page = await this.#client.ask(query, 'jobs');
      if (request !== this.#requests) return;
      this.jobs = before === null ? page.jobs : [...this.jobs, ...page.jobs];
      this.more = page.more;
      this.incomplete = page.incomplete;
      this.failure = null;
      this.known = true;
      this.owners = [...new Set([...this.owners, ...page.jobs.map((job) => job.owner)])].sort();
      this.#saw(page.jobs.map((job) => job.id));
    } catch (error) {
      if (request === this.#requests) this.failure = reason(error);
    } finally {
      if (request === this.#requests) this.loading = false;
    }
  }

  #query(before: string | null): JobQuery {
    const { status, project, target, host, owner, batch, span, pinned, text } = this.filter;
    return {
      ...ANY_JOB,
      statuses: statusesOf(status),
      project: project || null,
      target: target || null,
      host: host || null,
      owner: owner || null,
      batch: batch || null,
      since: beginning(span, new Date())?.toISOString() ?? null,
      pinned: pinned !== '',
      text: text.trim() || null,
      before,
      limit: PAGE,
    };
  }

  #matches(job: Job): boolean {
    const { status, span, pinned, text, ...equal } = this.filter;
    if (status !== '' && !statusesOf(status).includes(job.status)) return false;
    // It cannot be pinned yet.
    if (pinned !== '') return false;
    const since = beginning(span, new Date());
    if (since && new Date(job.queued_at) < since) return false;
    const same = Object.entries(equal) as [keyof typeof equal, string][];
    if (same.some(([field, value]) => value !== '' && job[field] !== value)) return false;
    return job.command.toLowerCase().includes(text.trim().toLowerCase());
  }
}

/** The statuses that a filter names. */
export function statusesOf(filter: string): Status[] {
  return STATUSES.filter((status) => filter.split(',').includes(status));
}

/** When a span up to now begins; days begin at midnight here. */
export function beginning(span: Span, now: Date): Date | null {
  if (span === '') return null;
  if (span === 'hour') return new Date(now.getTime() - 3_600_000);
  const days = { today: 0, week: 6, month: 29 }[span];
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - days);
}
