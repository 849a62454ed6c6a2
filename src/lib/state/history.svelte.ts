// Every job ever, newest first, a page at a time; each page goes on after the last job of the one before.
import type { Client } from '../client';
import { day } from '../format';
import type { Job, JobQuery, Status } from '../wire';

/** Jobs in a page. */
const PAGE = 100;

/** What the list is narrowed to; empty means any. */
export interface Filter {
  status: Status | '';
  project: string;
  host: string;
  text: string;
}

/** Jobs of one day. */
export interface Day {
  name: string;
  jobs: Job[];
}

const ANY: Filter = { status: '', project: '', host: '', text: '' };

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

  readonly #client: Client;
  /** Counts the questions, so that a late answer to an earlier filter is not taken. */
  #asked = 0;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Narrows the list and asks for it. */
  narrow(filter: Partial<Filter>): void {
    this.filter = { ...this.filter, ...filter };
    void this.load();
  }

  /** Shows all again. */
  widen(): void {
    this.narrow(ANY);
  }

  /** Asks for the first page. */
  async load(): Promise<void> {
    await this.#page(null);
  }

  /** Asks for the next page, where there is one and none is under way. */
  async next(): Promise<void> {
    const last = this.jobs.at(-1);
    if (this.more && !this.loading && last) await this.#page(last.id);
  }

  /** A job is new or changed: shown where it belongs. */
  learn(job: Job): void {
    if (!this.known) return;
    const at = this.jobs.findIndex((each) => each.id === job.id);
    if (at >= 0) this.jobs = this.jobs.with(at, job);
    else if (this.#matches(job) && !(this.jobs[0] && job.id < this.jobs[0].id)) {
      this.jobs = [job, ...this.jobs];
    }
  }

  async #page(before: string | null): Promise<void> {
    const asked = ++this.#asked;
    this.loading = true;
    try {
      const query = { type: 'jobs', with: this.#query(before) } as const;
      const page = await this.#client.ask(query, 'jobs');
      if (asked !== this.#asked) return;
      this.jobs = before === null ? page.jobs : [...this.jobs, ...page.jobs];
      this.more = page.more;
      this.incomplete = page.incomplete;
      this.failure = null;
      this.known = true;
    } catch (error) {
      if (asked === this.#asked)
        this.failure = error instanceof Error ? error.message : String(error);
    } finally {
      if (asked === this.#asked) this.loading = false;
    }
  }

  #query(before: string | null): JobQuery {
    const { status, project, host, text } = this.filter;
    return {
      status: status || null,
      project: project || null,
      host: host || null,
      text: text.trim() || null,
      target: null,
      batch: null,
      before,
      limit: PAGE,
    };
  }

  #matches(job: Job): boolean {
    const { status, project, host, text } = this.filter;
    if (status !== '' && job.status !== status) return false;
    if (project !== '' && job.project !== project) return false;
    if (host !== '' && job.host !== host) return false;
    return job.command.includes(text.trim());
  }
}
