// The whole page's state, given by context: the connection, what the frame shows, and who owns the rest.
import { getContext, setContext } from 'svelte';
import { Client, type Link, type World } from '../client';
import type { Running } from '../desktop';
import type { Event, Job, Overview, SeenDatabase, Settings, StoreState } from '../wire';
import { Clock } from './clock.svelte';
import { History } from './history.svelte';
import { Hosts } from './hosts.svelte';
import { Jobs } from './jobs.svelte';
import { Launch } from './launch/launch.svelte';
import { Logs } from './log/logs.svelte';
import { Notes } from './notes.svelte';
import { Notices } from './notices.svelte';
import { Projects } from './projects.svelte';
import { Prompts } from './prompts.svelte';
import { Terminals } from './terminal/terminal.svelte';
import { Theme } from './theme.svelte';
import { View } from './view.svelte';

/** An overlay of the frame that is open. */
export type Overlay = 'palette' | 'add-project' | 'shortcuts';

/** The page. */
export class App {
  link = $state.raw<Link>({ state: 'connecting' });
  /** Whether the frame has been filled once. */
  known = $state(false);
  store = $state.raw<StoreState | null>(null);
  /** A database that keeps no history, to be asked about. */
  seenDatabase = $state.raw<SeenDatabase | null>(null);
  /** The settings as somebody has just changed them, here or by hand in their file. */
  settings = $state.raw<Settings | null>(null);
  /** What else a person should see to: settings that cannot be read, jobs that wait for another store. */
  problems = $state.raw<string[]>([]);
  version = $state('');
  /** The home folder, for paths as `~/…`. */
  home = $state('');
  /** Who starts jobs here. */
  owner = $state('');
  overlay = $state<Overlay | null>(null);
  /** What runs, while it is asked what is to become of it when the window closes. */
  quitting = $state.raw<Running | null>(null);

  readonly client: Client;
  readonly notices = new Notices();
  readonly clock = new Clock();
  readonly theme = new Theme();
  readonly view = new View();
  readonly projects: Projects;
  readonly hosts: Hosts;
  readonly jobs: Jobs;
  readonly logs: Logs;
  readonly terminals: Terminals;
  readonly notes: Notes;
  readonly history: History;
  readonly prompts: Prompts;
  readonly launch: Launch;
  readonly #go: (path: string) => void;

  constructor(world: World, go: (path: string) => void) {
    this.#go = go;
    this.client = new Client(world);
    this.projects = new Projects(this.client);
    this.hosts = new Hosts(this.client);
    this.terminals = new Terminals(this.client);
    this.jobs = new Jobs(this.client, (job) => this.terminals.started(job.id));
    this.logs = new Logs(this.client);
    this.notes = new Notes(this.client);
    this.history = new History(this.client, (jobs) => void this.notes.of(jobs));
    this.prompts = new Prompts(this.client);
    const { client, projects, jobs, notices } = this;
    const isOthers = (job: Job) => job.owner !== this.owner;
    const show = (job: Job) => this.show(job);
    this.launch = new Launch({ client, projects, jobs, notices, isOthers, show });
    this.client.onlink = (link) => this.#linked(link);
    this.client.onevent = (event) => this.#happened(event);
  }

  /** Opens a job's tab and goes there. */
  show(job: Pick<Job, 'id'>): void {
    this.jobs.open(job.id);
    this.#go(`/job/${job.id}`);
  }

  /** Closes a job's tab; goes to its neighbour where `away` says that it is the one being looked at. */
  close(id: string, away: boolean): void {
    const next = this.jobs.close(id);
    this.logs.drop(id);
    this.terminals.drop(id);
    if (away) this.#go(next ? `/job/${next}` : '/');
  }

  /** Goes to the tab after that of a job, or to the one before; around the ends, and to the first where none is open. */
  next(id: string | null, back: boolean): void {
    const { tabs } = this.jobs;
    const at = id === null ? (back ? 0 : -1) : tabs.indexOf(id);
    const next = tabs.at((at + (back ? -1 : 1)) % tabs.length);
    if (next !== undefined) this.#go(`/job/${next}`);
  }

  /** Goes to a page. */
  go(path: string): void {
    this.#go(path);
  }

  #linked(link: Link): void {
    this.link = link;
    if (link.state === 'open') void this.#fill();
  }

  /** Asks for everything anew: at the start, and after each drop, for nobody knows what was missed. */
  async #fill(): Promise<void> {
    try {
      this.#overview(await this.client.ask({ type: 'overview' }, 'overview'));
      this.logs.resume();
      this.terminals.resume();
      await this.jobs.refresh();
      if (this.history.known) await this.history.load();
    } catch (error) {
      if (this.link.state === 'open') this.notices.failed('read the overview', error);
    }
  }

  #overview(overview: Overview): void {
    this.projects.set(overview.projects, overview.project_problems);
    this.hosts.set(overview.hosts, overview.host_problems);
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
    switch (event.type) {
      case 'job':
        this.jobs.learn([event.with]);
        return this.history.learn(event.with);
      case 'log_grew':
        return this.logs.grew(event.with);
      case 'found':
        return this.logs.found(event.with);
      case 'projects':
        return this.projects.set(event.with.projects, event.with.problems);
      case 'targets_changed':
        return void this.projects.scan(event.with.project);
      case 'hosts':
        return this.hosts.set(event.with.hosts, event.with.problems);
      case 'settings':
        this.settings = event.with;
        return;
      case 'problems':
        this.problems = event.with.problems;
        return;
      case 'noted':
        return this.notes.noted(event.with.job, event.with.note);
      case 'asked':
        return this.prompts.asked(event.with);
      case 'answered':
        return this.prompts.answered(event.with.prompt);
      case 'seen_database':
        this.seenDatabase = event.with.seen;
        return;
      case 'store':
        return this.#stored(event.with);
    }
  }

  #stored(store: StoreState): void {
    const back = this.store?.health.state !== 'ready' && store.health.state === 'ready';
    this.store = store;
    if (!back) return;
    this.logs.resume();
    this.terminals.resume();
    this.jobs.refresh().catch((error: unknown) => this.notices.failed('list the jobs', error));
    if (this.history.known) void this.history.load();
  }
}

const KEY = Symbol('app');

/** Gives the page's state to everything below. */
export function setApp(app: App): App {
  return setContext(KEY, app);
}

/** The page's state. */
export function getApp(): App {
  return getContext<App>(KEY);
}
