// The projects, their targets, and which of them are unfolded in the sidebar.
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import type { Client } from '../client';
import { reason } from '../reason';
import type { Project, Scan, Target, Variable } from '../wire';
import { localChoices } from './local-choices';

/** Targets under one heading. */
export interface Group {
  /** The heading; none for those that stand under none. */
  name: string | null;
  targets: Target[];
}

/** What is known of a project's targets. */
export type Targets =
  | { state: 'loading' }
  | { state: 'known'; scan: Scan }
  /** Why they are not known, for a person. */
  | { state: 'failed'; why: string };

/** The list of projects. */
export class Projects {
  list = $state.raw<Project[]>([]);
  /** What could not be read of mkcli's registry or our own list, with its place. */
  problems = $state.raw<string[]>([]);

  /** The name of a folder that was dropped, if its path is unknown: it is asked for. */
  dropped = $state<string | null>(null);

  readonly #client: Client;
  readonly #targets = new SvelteMap<string, Targets>();
  /** The names of projects, as a person has ordered them; empty if nobody has. */
  #order = localChoices.list('project-order');
  readonly #unfolded = new SvelteSet(localChoices.list('unfolded'));

  constructor(client: Client) {
    this.#client = client;
  }

  /** Takes in the list, and asks for the targets of those that are new in it. */
  set(list: Project[], problems: string[]): void {
    this.list = this.#ordered(list);
    this.problems = problems;
    // The first time there is a list at all, its first project shows what is in it.
    if (localChoices.get('unfolded') === null && list[0]) this.#unfold(list[0].name, true);
    for (const { name, problem } of list) {
      if (problem === null && this.#targets.get(name)?.state !== 'known') void this.scan(name);
    }
  }

  /** Moves a project to another place among the others, from 0; it is remembered. */
  move(name: string, to: number): void {
    const others = this.list.filter((project) => project.name !== name);
    const project = this.get(name);
    if (project === undefined) return;
    const place = Math.min(Math.max(0, to), others.length);
    if (this.list[place] === project) return;
    this.list = others.toSpliced(place, 0, project);
    this.#order = this.list.map((each) => each.name);
    localChoices.set('project-order', JSON.stringify(this.#order));
  }

  /** In a person's own order; those that have no place in it come last, as the list has them. */
  #ordered(list: Project[]): Project[] {
    const place = ({ name }: Project) => {
      const at = this.#order.indexOf(name);
      return at < 0 ? this.#order.length : at;
    };
    return list.toSorted((a, b) => place(a) - place(b));
  }

  /** A project by its name. */
  get(name: string): Project | undefined {
    return this.list.find((project) => project.name === name);
  }

  /** What is known of its targets. */
  targets(name: string): Targets {
    return this.#targets.get(name) ?? { state: 'loading' };
  }

  /** Its scan, if there is one. */
  scanOf(name: string): Scan | null {
    const entry = this.#targets.get(name);
    return entry?.state === 'known' ? entry.scan : null;
  }

  /** Asks for its targets; nothing is run. */
  async scan(name: string): Promise<void> {
    if (!this.#targets.has(name)) this.#targets.set(name, { state: 'loading' });
    try {
      const scan = await this.#client.ask(
        { catalog: { type: 'targets', with: { project: name } } },
        'scan',
      );
      this.#targets.set(name, { state: 'known', scan });
    } catch (error) {
      const why = reason(error);
      this.#targets.set(name, { state: 'failed', why });
    }
  }

  /** Adds a folder. */
  async add(path: string): Promise<Project> {
    const project = await this.#client.ask(
      { catalog: { type: 'add_project', with: { path } } },
      'project',
    );
    if (!this.get(project.name)) this.set([...this.list, project], this.problems);
    this.#unfold(project.name, true);
    return project;
  }

  /** Takes an added one off the list; nothing on disk changes. */
  async remove(name: string): Promise<void> {
    await this.#client.tell({ catalog: { type: 'remove_project', with: { name } } });
    this.list = this.list.filter((project) => project.name !== name);
  }

  /** Allows its targets to be run. */
  async trust(name: string): Promise<void> {
    await this.#client.tell({ catalog: { type: 'trust_project', with: { name } } });
    this.list = this.list.map((each) => (each.name === name ? { ...each, trusted: true } : each));
  }

  /** Has its trust asked for again before any of its targets runs. */
  async distrust(name: string): Promise<void> {
    await this.#client.tell({ catalog: { type: 'distrust_project', with: { name } } });
    this.list = this.list.map((each) => (each.name === name ? { ...each, trusted: false } : each));
  }

  /** Opens the editor at its makefile, or where that has a target; gives the command of one that needs a terminal. */
  async edit(project: string, target: string | null): Promise<string | null> {
    const request = { type: 'edit_makefile', with: { project, target } } as const;
    return (await this.#client.ask({ catalog: request }, 'edited')).terminal;
  }

  /** Shows its folder in the desktop's program for files. */
  openFolder(project: string): Promise<void> {
    return this.#client.tell({ catalog: { type: 'open_folder', with: { project } } });
  }

  /** Copies the sample of its missing dotenv file to its place. */
  async copyDotenvSample(name: string): Promise<void> {
    await this.#client.tell({ catalog: { type: 'copy_dotenv_sample', with: { project: name } } });
    await this.scan(name);
  }

  /** Says whether at most one job of it runs at once. */
  async setExclusive(name: string, exclusive: boolean): Promise<void> {
    await this.#client.tell({ catalog: { type: 'set_exclusive', with: { name, exclusive } } });
    this.list = this.list.map((each) => (each.name === name ? { ...each, exclusive } : each));
  }

  /** Whether it is unfolded. */
  unfolded(name: string): boolean {
    return this.#unfolded.has(name);
  }

  /** Folds or unfolds it. */
  fold(name: string): void {
    this.#unfold(name, !this.unfolded(name));
  }

  /** Folds all of them. */
  foldAll(): void {
    this.#unfolded.clear();
    localChoices.set('unfolded', '[]');
  }

  #unfold(name: string, unfolded: boolean): void {
    if (unfolded) this.#unfolded.add(name);
    else this.#unfolded.delete(name);
    localChoices.set('unfolded', JSON.stringify([...this.#unfolded]));
  }
}

/** The targets that are shown first, by heading, in the order of the makefile. */
export function groups(scan: Scan): Group[] {
  const groups: Group[] = [];
  for (const target of scan.targets.filter((each) => each.listed)) {
    const group = groups.find((each) => each.name === target.group);
    if (group) group.targets.push(target);
    else groups.push({ name: target.group, targets: [target] });
  }
  return groups;
}

/**
 * The variables a target uses, in the order a person should be asked for them: those with a comment, those with `?=`,
 * those it fails without, those that nothing sets, then the makefile's own.
 */
export function variablesOf(scan: Scan, target: Target): Variable[] {
  const used = scan.variables.filter((variable) => target.uses.includes(variable.name));
  return used.sort((a, b) => rank(a) - rank(b));
}

/** Whether a person is meant to set it: it is documented, set with `?=`, or set nowhere. */
export function isMeant({ doc, optional, need }: Variable): boolean {
  return doc !== null || optional || need !== 'met';
}

/** Whether a target fails for want of a variable that is not among the names given. */
export function lacks(target: Target, given: string[] = []): boolean {
  return target.guards.some((name) => !given.includes(name));
}

/** Whether a click may not run it at once: it is a pattern, fails without a variable, or is dangerous. */
export function asksFirst(target: Target): boolean {
  return target.pattern || target.danger !== null || lacks(target);
}

function rank({ doc, optional, need }: Variable): number {
  if (doc !== null) return 0;
  if (optional) return 1;
  return ['guarded', 'unset', 'met'].indexOf(need) + 2;
}
