// Looking in every log: what is looked for, and what has been found, newest job first.
import { CallFailed, type Client } from '../client';
import { day } from '../format';
import { reason } from '../reason';
import type { Hit, Job, JobId, JobQuery, Line, Query, SearchProgress } from '../wire';
import { localChoices } from './local-choices';
import type { Sought } from './saved-searches.svelte';

/** Lines with hits that are shown of each job; of one with more, how many. */
const PER_JOB = 3;
/** Lines with hits that are shown in all, before older ones are asked for. */
const LIMIT = 300;
/** Lines around each, if they are wanted. */
const AROUND = 2;

/** What was found in a job. */
export interface Group {
  job: Job;
  lines: Line[];
  /** The hits in each of the lines. */
  hits: Map<number, Hit[]>;
  /** Lines of the job that hold a hit. */
  count: number;
}

/** Groups of one day. */
export interface Day {
  name: string;
  groups: Group[];
}

/** What the server reports of a job, and of the whole. */
interface Found {
  search: number;
  job: Job;
  lines: Line[];
  hits: Hit[];
  count: number;
}

const NOTHING: SearchProgress = {
  jobs: 0,
  bytes: 0,
  of: null,
  hits: 0,
  found_in: 0,
  since: null,
  end: null,
};

/** The number of the last search of this page. */
let last = 0;

/** The search of many logs. */
export class Search {
  /** What is typed. */
  text = $state('');
  case = $state(localChoices.get('search.case') === 'yes');
  word = $state(false);
  regex = $state(false);
  /** Whether lines around those with hits are shown. */
  around = $state(false);
  /** What is looked for, or was: none while the list of all jobs is shown. */
  query = $state.raw<Query | null>(null);
  groups = $state.raw<Group[]>([]);
  progress = $state.raw<SearchProgress>(NOTHING);
  /** Why it cannot be looked for, for a person. */
  problem = $state<string | null>(null);
  /** Moved on each time the field should have the focus; and how often it has had it for that. */
  #summoned = $state(0);
  #answered = 0;

  /** Whether a person ended it. */
  canceled = $state(false);

  /** Whether logs are being looked through. */
  readonly running = $derived(
    this.query !== null && this.problem === null && this.progress.end === null && !this.canceled,
  );
  /** What was found before older jobs were asked for. */
  #before = $state.raw({ hits: 0, jobs: 0, bytes: 0, found_in: 0 });

  readonly hits = $derived(this.#before.hits + this.progress.hits);
  readonly foundIn = $derived(this.#before.found_in + this.progress.found_in);
  readonly jobs = $derived(this.#before.jobs + this.progress.jobs);

  /** The groups by day, newest first. */
  readonly days: Day[] = $derived.by(() => {
    const days: Day[] = [];
    for (const group of this.groups) {
      const name = day(new Date(group.job.queued_at));
      const last = days.at(-1);
      if (last?.name === name) last.groups.push(group);
      else days.push({ name, groups: [group] });
    }
    return days;
  });

  readonly #client: Client;
  readonly #scope: () => JobQuery;
  readonly #saw: (jobs: Job[]) => void;
  #search = 0;

  /** `scope` is which jobs are looked through; `saw` is called with each job that something was found in. */
  constructor(client: Client, scope: () => JobQuery, saw: (jobs: Job[]) => void) {
    this.#client = client;
    this.#scope = scope;
    this.#saw = saw;
  }

  /** Brings the focus to the field. */
  summon(): void {
    this.#summoned += 1;
  }

  /** Whether the field should have the focus now; asked by the field alone, which then takes it. */
  isSummoned(): boolean {
    const is = this.#summoned > this.#answered;
    this.#answered = this.#summoned;
    return is;
  }

  /** Looks for what is typed, from the newest job on; for nothing, shows the list of all jobs again. */
  begin(): void {
    this.#end();
    this.groups = [];
    this.#before = { hits: 0, jobs: 0, bytes: 0, found_in: 0 };
    const { text, word, regex } = this;
    this.query = text === '' ? null : { text, case: this.case, word, regex };
    if (this.query) this.#ask(this.#scope(), this.query);
  }

  /** What is typed, with its options. */
  get sought(): Sought {
    const { text, word, regex } = this;
    return { text, case: this.case, word, regex };
  }

  /** Looks for something with its options; for nothing, shows the list of all jobs again. */
  look({ text, case: isCase, word, regex }: Sought): void {
    [this.text, this.case, this.word, this.regex] = [text, isCase, word, regex];
    this.begin();
  }

  /** Looks on in older jobs, after as much was found as is shown at once. */
  more(): void {
    const oldest = this.groups.at(-1)?.job.id;
    if (oldest === undefined || this.query === null || this.running) return;
    const { hits, jobs, bytes, found_in } = this.progress;
    this.#before = {
      hits: this.#before.hits + hits,
      jobs: this.#before.jobs + jobs,
      bytes: this.#before.bytes + bytes,
      found_in: this.#before.found_in + found_in,
    };
    this.#end();
    this.#ask({ ...this.#scope(), before: oldest }, this.query);
  }

  /** Looks again, if anything is looked for: with other options, in another scope, or after a drop. */
  again(): void {
    if (this.query !== null) this.begin();
  }

  /** Ends it; what has been found stays. */
  cancel(): void {
    if (!this.running) return;
    this.canceled = true;
    this.#tellEnd();
  }

  /** Forgets what was looked for: the list of all jobs is shown again. */
  clear(): void {
    this.text = '';
    this.begin();
  }

  /** Turns an option over. */
  toggle(option: 'case' | 'word' | 'regex' | 'around'): void {
    this[option] = !this[option];
    if (option === 'case') localChoices.set('search.case', this.case ? 'yes' : 'no');
    this.again();
  }

  /** Something was found. */
  found({ search, job, lines, hits, count }: Found): void {
    if (search !== this.#search) return;
    const at = this.groups.findIndex((group) => group.job.id === job.id);
    const known = this.groups[at];
    const all = new Map(known?.hits);
    for (const hit of hits) all.set(hit.line, [...(all.get(hit.line) ?? []), hit]);
    const group = { job, lines: [...(known?.lines ?? []), ...lines], hits: all, count };
    this.groups = known ? this.groups.with(at, group) : [...this.groups, group];
    if (!known) this.#saw([job]);
  }

  /** It has come on. */
  came({ search, progress }: { search: number; progress: SearchProgress }): void {
    if (search === this.#search) this.progress = progress;
  }

  /** A job is changed: shown as it is now. */
  learn(job: Job): void {
    const at = this.groups.findIndex((group) => group.job.id === job.id);
    const group = this.groups[at];
    if (group) this.groups = this.groups.with(at, { ...group, job });
  }

  #ask(scope: JobQuery, query: Query): void {
    const search = (this.#search = ++last);
    const context = this.around ? AROUND : 0;
    const wanted = { query, scope, context, per_job: PER_JOB, limit: LIMIT };
    this.#client
      .tell({ search: { type: 'search_logs', with: { search, wanted } } })
      .catch((error) => {
        // After a drop everything is looked for again by itself.
        const isDrop = error instanceof CallFailed && error.code === 'disconnected';
        if (search === this.#search && !isDrop) this.problem = reason(error);
      });
  }

  #end(): void {
    if (this.running) this.#tellEnd();
    this.#search = 0;
    this.progress = NOTHING;
    [this.problem, this.canceled] = [null, false];
  }

  #tellEnd(): void {
    const search = this.#search;
    this.#client.tell({ search: { type: 'end_search', with: { search } } }).catch(() => undefined);
  }
}

/** What was looked through, in words: the scope of a search that narrows nothing is every log. */
export function scopeWords(narrowed: boolean): string {
  return narrowed ? 'logs of the jobs filtered' : 'every log ever kept';
}

/** The id of the row of a line in a group. */
export function rowId(job: JobId, line: number): string {
  return `${job}#L${line}`;
}
