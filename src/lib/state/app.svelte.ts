// The whole page's state, given by context: the connection, what the frame shows, and who owns the rest.
import { createContext } from 'svelte';
import { Client, type Link, type World } from '../client';
import type { Running } from '../desktop';
import { closeFurther, openApart } from '../further-window';
import { batchOf, batchTab, pathOf, type Tab } from '../tab';
import type { Event, Host, Job, JobId, Overview, SeenDatabase, StoreState } from '../wire';
import { Batches } from './batch/batches.svelte';
import { Beside } from './beside.svelte';
import { Clock } from './clock.svelte';
import { Comparisons } from './compare.svelte';
import { Durations } from './durations.svelte';
import { History } from './history.svelte';
import { HistoryCopy } from './history-copy.svelte';
import { JobColumns } from './job-columns.svelte';
import { type SavedSearch, SavedSearches } from './saved-searches.svelte';
import { Health } from './health.svelte';
import { HostForm } from './host-form.svelte';
import { HostView } from './host-view.svelte';
import { Hosts } from './hosts.svelte';
import { Jobs } from './jobs.svelte';
import { Keymap } from './keymap.svelte';
import { Launch } from './launch/launch.svelte';
import { Logs } from './log/logs.svelte';
import { Notes } from './notes.svelte';
import { Notices } from './notices.svelte';
import { PreviousRuns } from './previous-runs.svelte';
import { Projects } from './projects.svelte';
import { Prompts } from './prompts.svelte';
import { Reaches } from './reaches.svelte';
import { Search } from './search.svelte';
import { Settings } from './settings.svelte';
import { TargetView } from './target-view.svelte';
import { Terminals } from './terminal/terminal.svelte';
import { Theme } from './theme.svelte';
import { Undo } from './undo.svelte';
import { View } from './appearance.svelte';
import { Zoom } from './zoom.svelte';

/** An overlay of the frame that is open. */
export type Overlay =
  | 'palette'
  | 'tabs'
  | 'add-project'
  | 'shortcuts'
  | 'import-hosts'
  | { editHost: HostForm }
  /** An address that a log names, and what opens it. */
  | { address: string; open: () => void };

/** The page. */
export class App {
  link = $state.raw<Link>({ state: 'connecting' });
  /** Since when the connection has been away, in milliseconds since 1970: what is shown is as of then. Null while it is there. */
  awaySince = $state<number | null>(null);
  /** Whether the frame has been filled once. */
  known = $state(false);
  store = $state.raw<StoreState | null>(null);
  /** A database that keeps no history, to be asked about. */
  seenDatabase = $state.raw<SeenDatabase | null>(null);
  /** What else a person should see to: settings that cannot be read, jobs that wait for another store. */
  problems = $state.raw<string[]>([]);
  version = $state('');
  /** The home folder, for paths as `~/…`. */
  home = $state('');
  /** Who starts jobs here. */
  owner = $state('');
  overlay = $state<Overlay | null>(null);
  /** The tab that is looked at; null on any other page. */
  tab = $state.raw<Tab | null>(null);
  /** What runs, while it is asked what is to become of it when the window closes. */
  quitting = $state.raw<Running | null>(null);

  readonly #client: Client;
  readonly notices = new Notices();
  readonly clock = new Clock();
  readonly theme = new Theme();
  readonly view = new View();
  readonly zoom = new Zoom();
  readonly keys = new Keymap();
  readonly beside = new Beside();
  readonly undo = new Undo();
  readonly projects: Projects;
  readonly hosts: Hosts;
  readonly reaches: Reaches;
  readonly jobs: Jobs;
  readonly batches: Batches;
  readonly logs: Logs;
  readonly comparisons: Comparisons;
  readonly terminals: Terminals;
  readonly notes: Notes;
  readonly history: History;
  readonly historyCopy: HistoryCopy;
  readonly search: Search;
  readonly savedSearches = new SavedSearches();
  readonly columns = new JobColumns();
  readonly durations: Durations;
  readonly prompts: Prompts;
  readonly launch: Launch;
  readonly settings: Settings;
  readonly health: Health;
  /** Goes to a page. */
  readonly go: (path: string) => void;

  constructor(world: World, go: (path: string) => void) {
    this.go = go;
    const client = new Client(world);
    this.#client = client;
    this.projects = new Projects(client);
    this.hosts = new Hosts(client);
    this.reaches = new Reaches(client);
    this.terminals = new Terminals(client);
    this.jobs = new Jobs(client, {
      started: (job) => {
        // A makefile that only asks something is read as a log, with a row to answer in.
        const isOwn = this.launch.targetOf(job)?.target.pty ?? false;
        this.terminals.started(job.id, job.pty && !isOwn);
      },
      isPinned: (job) => this.notes.isPinned(job),
      replaced: (tab) => this.#forget(tab),
    });
    this.batches = new Batches(client, this.jobs);
    this.logs = new Logs(client, this.view);
    this.comparisons = new Comparisons(client);
    this.notes = new Notes(client);
    this.durations = new Durations(client);
    this.history = new History(
      client,
      (jobs) => this.listed(jobs),
      () => this.search.again(),
    );
    this.search = new Search(
      client,
      () => this.history.scope,
      (jobs) => this.listed(jobs.map((job) => job.id)),
    );
    this.prompts = new Prompts(client, (job) => this.jobs.get(job)?.batch ?? null);
    this.settings = new Settings(client);
    this.health = new Health(client);
    this.historyCopy = new HistoryCopy(client);
    const { projects, jobs, hosts, notices } = this;
    const isOthers = (job: Job) => job.owner !== this.owner;
    // Of a command on many hosts the answers of all are looked at, and not the log of one.
    const show = (job: Job) => (job.batch === null ? this.show(job) : this.showBatch(job.batch));
    this.launch = new Launch({ client, projects, jobs, hosts, notices, isOthers, show });
    client.onlink = (link) => this.#linked(link);
    client.onevent = (event) => this.#happened(event);
  }

  /** Connects, and goes on doing so after each drop. */
  connect(): Promise<void> {
    return this.#client.connect();
  }

  /** Ends the connection, for the page is left. */
  disconnect(): void {
    this.#client.close();
  }

  /** Calls this as long as the page asking for it is there: now if the connection is open, and each time it is again. */
  whenOpen(then: () => void): void {
    $effect(() => {
      if (this.link.state === 'open') then();
    });
  }

  /** Says whether the database that was seen keeps the history. */
  async useDatabase(used: boolean): Promise<true> {
    await this.#client.ask({ settings: { type: 'use_database', with: { used } } }, 'ok');
    this.seenDatabase = null;
    return true;
  }

  /** Waits for something; if it fails, shows above the canvas what was tried and why, and gives undefined. */
  attempt<T>(doing: string, what: Promise<T>): Promise<T | undefined> {
    return this.notices.attempt(doing, what);
  }

  /** What the page of a host shows. */
  hostView(name: string): HostView {
    return new HostView(this.#client, name, (jobs) => this.jobs.learn(jobs));
  }

  /** Asks for what a list shows of these jobs beside themselves: their notes, and the runs before them. */
  listed(jobs: JobId[]): void {
    void this.notes.of(jobs);
    void this.durations.of(jobs);
  }

  /** What the page of a target shows. */
  targetView(project: string, target: string): TargetView {
    return new TargetView(this.#client, project, target);
  }

  /** Opens the form of a host of a person's own; of a new one if none is given. */
  editHost(host: Host | null): void {
    this.overlay = { editHost: new HostForm(this, host) };
  }

  /** What a job that runs may be measured by. */
  previousRuns(): PreviousRuns {
    return new PreviousRuns(this.#client);
  }

  /** Opens a job's tab and goes there. */
  show(job: Pick<Job, 'id'>): void {
    this.jobs.tabs.open(job.id);
    this.go(`/job/${job.id}`);
  }

  /** Opens a job's tab at a line that a search has found, and looks for the same in its log. */
  showHit(job: Job, line: number): void {
    this.jobs.learn([job]);
    if (this.search.query !== null) this.logs.open(job).find.look(this.search.query, line);
    this.show(job);
  }

  /** Compares a job's log with another's, or with the runs before it that ended well, in the job's tab. */
  compare(job: Job, other: Job | null = null): void {
    this.history.compared = null;
    this.jobs.learn(other ? [job, other] : [job]);
    this.comparisons.open(job.id, job.status === 'error', other?.id ?? null);
    this.show(job);
  }

  /** Looks for a text in every log. */
  searchLogs(text: string): void {
    this.search.text = text;
    this.search.summon();
    this.search.begin();
    this.go('/history');
  }

  /** Opens a batch's tab and goes there. */
  showBatch(batch: string): void {
    const tab = batchTab(batch);
    this.jobs.tabs.open(tab);
    this.go(pathOf(tab));
  }

  /** Closes a tab; goes to its neighbour if `away` says that it is the one being looked at. */
  close(tab: Tab, away: boolean): void {
    const next = this.jobs.tabs.close(tab);
    this.#forget(tab);
    if (away) this.go(next ? pathOf(next) : '/');
    // A further window is there for its tabs alone.
    if (next === undefined) closeFurther();
  }

  /** Opens a page in a window of its own. */
  openApart(path: string): void {
    void this.attempt('open a window', openApart(path));
  }

  /** What a tab showed is needed no more. */
  #forget(tab: Tab): void {
    const batch = batchOf(tab);
    if (batch !== null) return this.batches.drop(batch);
    if (this.beside.job === tab) this.beside.close();
    this.logs.drop(tab);
    this.terminals.drop(tab);
    this.comparisons.close(tab);
  }

  /** Closes several tabs; goes to a neighbour if the one being looked at is among them. */
  closeAll(tabs: Tab[], current: Tab | null): void {
    // The last one goes last, so that its neighbour is one that stays.
    for (const tab of tabs) if (tab !== current) this.close(tab, false);
    if (current !== null && tabs.includes(current)) this.close(current, true);
  }

  /** Opens the tab again that was closed last, and goes there. */
  reopen(): void {
    const tab = this.jobs.tabs.reopen();
    if (tab === undefined) return;
    if (batchOf(tab) === null) void this.jobs.load(tab).catch(() => undefined);
    this.go(pathOf(tab));
  }

  /** Goes to the tab of a key from 1 to 9. */
  goToTab(number: number): void {
    const tab = this.jobs.tabs.numbered(number);
    if (tab !== undefined) this.go(pathOf(tab));
  }

  /** Goes to the tab after another, or to the one before; around the ends, and to the first if none is open. */
  next(tab: Tab | null, back: boolean): void {
    const tabs = this.jobs.tabs.all;
    const at = tab === null ? (back ? 0 : -1) : tabs.indexOf(tab);
    const next = tabs.at((at + (back ? -1 : 1)) % tabs.length);
    if (next !== undefined) this.go(pathOf(next));
  }

  /** Shows in the history what a search that was kept stands for. */
  look({ filter, sought }: SavedSearch): void {
    this.go('/history');
    this.history.only(filter);
    this.search.look(sought);
  }

  #linked(link: Link): void {
    this.link = link;
    if (link.state === 'open') this.awaySince = null;
    else if (link.state === 'away') this.awaySince ??= this.#client.heardAt || Date.now();
    if (link.state === 'open') void this.#fill();
  }

  /** Asks for everything: at the start, and after each drop, for events may have been missed. */
  async #fill(): Promise<void> {
    try {
      this.#overview(await this.#client.ask({ catalog: { type: 'overview' } }, 'overview'));
      this.logs.resume();
      this.comparisons.resume();
      this.terminals.resume();
      this.batches.resume();
      await this.jobs.refresh();
      if (this.history.known) await this.history.load();
      this.search.again();
    } catch (error) {
      if (this.link.state === 'open') this.notices.failed('read the overview', error);
    }
  }

  #overview(overview: Overview): void {
    this.projects.set(overview.projects, overview.project_problems);
    this.hosts.set(overview.hosts, overview.host_problems);
    for (const reach of overview.reached) this.reaches.learn(reach);
    this.problems = overview.problems;
    this.jobs.learn(overview.active);
    this.prompts.set(overview.prompts);
    this.store = overview.store;
    this.seenDatabase = overview.seen_database;
    this.version = overview.version;
    this.home = overview.home;
    this.owner = overview.owner;
    this.known = true;
  }

  #happened(event: Event): void {
    this.clock.come();
    switch (event.type) {
      case 'job':
        this.jobs.learn([event.with]);
        this.search.learn(event.with);
        this.durations.learn(event.with, this.history.known);
        return this.history.learn(event.with);
      case 'batch':
        return this.batches.changed(event.with);
      case 'log_grew':
        return this.logs.grew(event.with);
      case 'found':
        return this.logs.found(event.with);
      case 'search_found':
        return this.search.found(event.with);
      case 'search_came':
        return this.search.came(event.with);
      case 'projects':
        return this.projects.set(event.with.projects, event.with.problems);
      case 'targets_changed':
        return void this.projects.scan(event.with.project);
      case 'hosts':
        return this.hosts.set(event.with.hosts, event.with.problems);
      case 'reached':
        return this.reaches.learn(event.with);
      case 'settings':
        return this.settings.take(event.with);
      case 'problems':
        this.problems = event.with.problems;
        return;
      case 'noted':
        this.notes.noted(event.with.job, event.with.note);
        // A list of those that are pinned has one more by that, or one less.
        if (this.history.known && this.history.filter.pinned !== '') void this.history.load();
        return;
      case 'asked':
        return this.prompts.add(event.with);
      case 'answered':
        return this.prompts.remove(event.with.prompt);
      case 'seen_database':
        this.seenDatabase = event.with.seen;
        return;
      case 'history_copy':
        return this.historyCopy.came(event.with);
      case 'store':
        return this.#stored(event.with);
      case 'removed':
      case 'missed':
        return void this.#fill();
    }
  }

  #stored(store: StoreState): void {
    const back = this.store?.health.state !== 'ready' && store.health.state === 'ready';
    this.store = store;
    if (back) void this.#fill();
  }
}

/** The page's state, given to everything below; asking for it anywhere else is an error. */
export const [getApp, setApp] = createContext<App>();
