// The open tabs, left to right, and what each of them says.
import { inDesktop } from '../desktop';
import { many } from '../format';
import { isFurther, ofThisWindow } from '../further-window';
import { isOver, place, title } from '../job';
import type { Tab } from '../tab';
import type { Batch, Job, Status } from '../wire';

const TABS = 'vmo.tabs';
const LABELS = 'vmo.tabs.labels';
const LAST = 'vmo.tabs.last';

/** Closed tabs that can be opened again. */
const CLOSED = 20;

/** What a tab says: what runs, and where. */
export interface Label {
  title: string;
  place: string;
  /** Whether its title is a command, and no target's name. */
  isCommand: boolean;
  /** Whether its place tells it from other tabs. */
  isOnHost: boolean;
  /** How it ended; null as long as it goes on, or if that is not known. */
  ended: Status | null;
}

/** What the tab of a job says: the values it was given tell it from others of its target. */
export function labelOfJob(job: Job): Label {
  const values = job.variables.map(([name, value]) => `${name}=${value ?? '…'}`);
  return {
    title: title(job),
    place: values.length > 0 ? values.join(' ') : place(job),
    isCommand: job.target === null,
    isOnHost: job.host !== null || values.length > 0,
    ended: isOver(job) ? job.status : null,
  };
}

/** What the tab of a batch says. */
export function labelOfBatch(batch: Batch): Label {
  return {
    title: batch.command,
    place: many(batch.hosts.length, 'host'),
    isCommand: true,
    isOnHost: true,
    ended: null,
  };
}

function isSame(a: Label, b: Label): boolean {
  return (
    a.title === b.title &&
    a.place === b.place &&
    a.isCommand === b.isCommand &&
    a.isOnHost === b.isOnHost &&
    a.ended === b.ended
  );
}

/** The open tabs. They outlive the page, with what they said, so that they can be read before anything is asked. */
export class Tabs {
  /** Left to right. */
  all = $state.raw<Tab[]>(keptTabs());
  /** Those that were closed and can be opened again, the last one last. */
  closed = $state.raw<{ tab: Tab; at: number }[]>([]);

  readonly #known: (tab: Tab) => Label | undefined;
  /** What tabs said when they were last known. */
  readonly #labels = keptLabels();

  /** The tab that was looked at last, if it is still open: the page begins there after a restart. */
  readonly last: Tab | undefined = this.all.find((tab) => tab === kept(LAST));

  /** `known` gives what a tab says if that is known when it is opened. */
  constructor(known: (tab: Tab) => Label | undefined = () => undefined) {
    this.#known = known;
  }

  /** Opens a tab, or finds it open; it is the one that is looked at. */
  open(tab: Tab): void {
    if (!this.all.includes(tab)) this.#add(tab, this.all.length);
    keep(LAST, tab);
  }

  /** Closes a tab and gives the one to look at instead: its neighbour, if there is one. */
  close(closed: Tab): Tab | undefined {
    const at = this.all.indexOf(closed);
    if (at >= 0) this.closed = [...this.closed, { tab: closed, at }].slice(-CLOSED);
    this.#set(this.all.filter((tab) => tab !== closed));
    return this.all[Math.min(at, this.all.length - 1)];
  }

  /** Opens a tab in the place of another, which can be opened again. */
  replace(old: Tab, tab: Tab): void {
    const at = this.all.indexOf(old);
    if (at < 0 || this.all.includes(tab)) return this.open(tab);
    this.close(old);
    this.#add(tab, at);
    keep(LAST, tab);
  }

  /** Moves a tab to another place among the others, from 0. */
  move(tab: Tab, to: number): void {
    const others = this.all.filter((each) => each !== tab);
    if (others.length === this.all.length) return;
    this.#set(others.toSpliced(Math.min(Math.max(0, to), others.length), 0, tab));
  }

  /** Opens the tab again that was closed last, in its place, and gives it; undefined if there is none. */
  reopen(): Tab | undefined {
    const last = this.closed.at(-1);
    if (!last) return undefined;
    this.closed = this.closed.slice(0, -1);
    if (!this.all.includes(last.tab)) this.#add(last.tab, last.at);
    return last.tab;
  }

  /** The tab of a key from 1 to 9: the ninth is the last one, as in browsers. */
  numbered(number: number): Tab | undefined {
    return number === 9 ? this.all.at(-1) : this.all[number - 1];
  }

  /** What a tab said when it was last known; undefined if it never was. */
  label(tab: Tab): Label | undefined {
    return this.#labels.get(tab);
  }

  /** Keeps what a tab says, if it is open. */
  keepLabel(tab: Tab, label: Label): void {
    const before = this.#labels.get(tab);
    if (!this.all.includes(tab) || (before && isSame(before, label))) return;
    this.#labels.set(tab, label);
    this.#keepLabels();
  }

  #add(tab: Tab, at: number): void {
    const label = this.#known(tab);
    if (label) this.#labels.set(tab, label);
    this.#set(this.all.toSpliced(at, 0, tab));
  }

  #set(tabs: Tab[]): void {
    this.all = tabs;
    keep(TABS, tabs);
    this.#keepLabels();
  }

  #keepLabels(): void {
    for (const tab of this.#labels.keys()) if (!this.all.includes(tab)) this.#labels.delete(tab);
    keep(LABELS, Object.fromEntries(this.#labels));
  }
}

/** Where tabs are kept: the app's first window is one from start to start, and every other has tabs of its own. */
function shelf(): Storage {
  return inDesktop() && !isFurther() ? localStorage : sessionStorage;
}

/** Keeps a value where tabs are kept. */
export function keep(name: string, value: unknown): void {
  try {
    shelf().setItem(ofThisWindow(name), JSON.stringify(value));
  } catch {
    // The tabs do not outlive the page then; the jobs are in History.
  }
}

/** What was kept under a name; null if there is nothing that can be read. */
export function kept(name: string): unknown {
  try {
    return JSON.parse(shelf().getItem(ofThisWindow(name)) ?? 'null');
  } catch {
    return null;
  }
}

function keptTabs(): Tab[] {
  const tabs = kept(TABS);
  return Array.isArray(tabs) ? tabs.filter((tab) => typeof tab === 'string') : [];
}

function keptLabels(): Map<Tab, Label> {
  const labels = kept(LABELS);
  if (typeof labels !== 'object' || labels === null) return new Map();
  return new Map(
    Object.entries(labels).filter((entry): entry is [Tab, Label] => isLabel(entry[1])),
  );
}

function isLabel(value: unknown): value is Label {
  if (typeof value !== 'object' || value === null) return false;
  const { title, place } = value as Partial<Label>;
  return typeof title === 'string' && typeof place === 'string';
}
