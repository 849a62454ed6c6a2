// What the palette finds: targets, hosts, saved commands, jobs and actions, by the letters typed.
import { about } from '$lib/target-help';
import { hostPath } from '$lib/host';
import { type AnyStatus, elapsed, place, shownStatus, title } from '$lib/job';
import { day, timeOfDay, took } from '$lib/format';
import type { App } from '$lib/state/app.svelte';
import type { Job } from '$lib/wire';
import { addProject } from './launch/add-project';

/** One thing that can be chosen. */
export interface Entry {
  id: string;
  icon:
    'target' | 'command' | 'host' | 'folder' | 'page' | 'theme' | 'search' | { status: AnyStatus };
  /** What is matched. */
  name: string;
  doc: string | null;
  /** Whether its help is a command. */
  isCommand?: boolean;
  /** What is looked through if the name does not match. */
  also?: string;
  /** Where it belongs, at the right. */
  place: string;
  danger?: boolean;
  /** The exact command, in the footer. */
  line: string | null;
  /** What Enter does, in words. */
  verb: string;
  run: () => void;
  /** What Ctrl+Enter does; none if it is the same. */
  other?: { verb: string; run: () => void };
}

/** Entries under one heading. */
export interface Found {
  name: string;
  entries: Entry[];
}

/** Hits shown of each kind. */
const MOST = 6;
/** And with nothing typed, so that every kind is in sight. */
const FEW = 3;

/** Everything that matches, by kind, the best first. */
export function find(app: App, query: string): Found[] {
  const link = linked(query);
  if (link) return [{ name: 'Jobs', entries: [linkEntry(app, link)] }];
  const typed = destination(query);
  const shells: Found[] = typed ? [{ name: 'Shells', entries: shellsOn(app, typed) }] : [];
  const kinds: [string, Entry[]][] = [
    ['Targets', targets(app)],
    ['Saved commands', commands(app)],
    ['Hosts', hosts(app)],
    ['Jobs', app.jobs.all.slice(0, 200).map((job) => jobEntry(app, job))],
    ['Saved searches', searches(app)],
    ['Actions', actions(app)],
  ];
  const groups = kinds.map(([name, entries]) => ({ name, entries: best(entries, query.trim()) }));
  const logs: Found[] = query.trim() ? [{ name: 'Logs', entries: [logEntry(app, query)] }] : [];
  return [...shells, ...groups, ...logs].filter(({ entries }) => entries.length > 0);
}

/** Searches that were kept under a name. */
function searches(app: App): Entry[] {
  return app.savedSearches.list.map((search) => ({
    id: `saved ${search.name}`,
    icon: 'search',
    name: search.name,
    doc: search.sought.text === '' ? null : `“${search.sought.text}”`,
    place: 'History',
    line: null,
    verb: 'Search',
    run: () => app.look(search),
  }));
}

/** Whatever was typed may be in a log. */
function logEntry(app: App, query: string): Entry {
  return {
    id: 'search',
    icon: 'search',
    name: `Search every log for “${query.trim()}”`,
    doc: null,
    place: '',
    line: null,
    verb: 'Search',
    run: () => app.searchLogs(query.trim()),
  };
}

/** A job and its lines that a pasted link or id names; null if it is neither. */
export function linked(text: string): { job: string; lines: string } | null {
  const id = '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}';
  const match = new RegExp(`^(?:\\S*/)?(${id})(#L\\d+(?:-L\\d+)?)?$`).exec(text.trim());
  return match && { job: match[1]!, lines: match[2] ?? '' };
}

/** The host that `ssh user@host`, `user@host` or `ssh NAME` names; null if it is none of these. */
export function destination(text: string): string | null {
  const match = /^\s*(ssh\s+)?((?:[A-Za-z_][\w.-]{0,63}@)?\w[\w.:-]{0,253})\s*$/.exec(text);
  return match && (match[1] !== undefined || match[2]!.includes('@')) ? match[2]! : null;
}

/** A shell on the host that was typed, and on those whose names match it. */
function shellsOn(app: App, typed: string): Entry[] {
  const entry = (name: string, at: string): Entry => ({
    id: `shell ${name}`,
    icon: 'host',
    name,
    doc: 'Open a shell',
    place: at,
    line: `ssh ${name}`,
    verb: 'Open a shell',
    run: () => app.launch.shell(name),
    other: { verb: 'Run a command there…', run: () => app.launch.commandForm(name) },
  });
  const entries = app.hosts.list.map((host) => entry(host.name, `${host.user}@${host.hostname}`));
  const named = entries.find(({ name }) => name === typed);
  const matching = best(entries, typed).filter((each) => each !== named);
  return [named ?? entry(typed, ''), ...matching];
}

function linkEntry(app: App, { job, lines }: { job: string; lines: string }): Entry {
  const listed = app.jobs.get(job);
  return {
    id: `link ${job}`,
    icon: listed ? { status: shownStatus(listed) } : 'page',
    name: listed ? title(listed) : `Job ${job}`,
    doc: lines === '' ? null : lines.slice(1).replace('-', ' to '),
    place: listed ? place(listed) : '',
    line: listed?.command ?? null,
    verb: 'Open',
    run: () => {
      app.jobs.tabs.open(job);
      app.go(`/job/${job}${lines}`);
    },
  };
}

/**
 * The places of the query in a name, or null: as a whole first, then letter by letter, each one next to the last or at
 * the start of a word.
 */
export function match(name: string, query: string): number[] | null {
  if (query === '') return [];
  const [low, wanted] = [name.toLowerCase(), query.toLowerCase()];
  const whole = low.indexOf(wanted);
  if (whole >= 0) return Array.from(wanted, (_, i) => whole + i);
  const at: number[] = [];
  for (const letter of wanted) {
    const last = at.at(-1) ?? -2;
    let next = last + 1;
    if (low[next] !== letter) next = wordStart(low, letter, next + 1);
    if (next < 0) return null;
    at.push(next);
  }
  return at;
}

function wordStart(text: string, letter: string, from: number): number {
  for (let at = Math.max(0, from); at < text.length; at++) {
    if (text[at] === letter && (at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1]!))) return at;
  }
  return -1;
}

function best(entries: Entry[], query: string): Entry[] {
  const scored: [number, Entry][] = [];
  for (const entry of entries) {
    const at = match(entry.name, query);
    if (at) scored.push([score(entry.name, at), entry]);
    else if (query.length > 1 && entry.also?.toLowerCase().includes(query.toLowerCase())) {
      scored.push([1000, entry]);
    }
  }
  return scored
    .sort(([a], [b]) => a - b)
    .slice(0, query === '' ? FEW : MOST)
    .map(([, entry]) => entry);
}

/** Small is good: letters together, near the start, in a short name. */
function score(name: string, at: number[]): number {
  if (at.length === 0) return 0;
  const spread = at.at(-1)! - at[0]! + 1 - at.length;
  return spread * 10 + at[0]! + name.length / 100;
}

/** Those run last come first, if letters do not tell them apart. */
function targets(app: App): Entry[] {
  const all = app.projects.list.flatMap((project) => {
    const scan = app.projects.scanOf(project.name);
    return (scan?.targets ?? []).map((target) => ({
      ran: app.jobs.latest(project.name, target.name)?.id ?? '',
      id: `target ${project.name} ${target.name}`,
      icon: 'target' as const,
      name: target.name,
      doc: about(target)?.text ?? null,
      isCommand: about(target)?.by === 'command',
      also: `${about(target)?.text ?? ''} ${project.name}`,
      place: project.name,
      danger: target.danger !== null,
      line: app.jobs.latest(project.name, target.name)?.command ?? `make ${target.name}`,
      verb: 'Open the form',
      run: () => app.launch.targetForm(project, target),
      other: { verb: 'Run as last time', run: () => void app.launch.asLast(project, target) },
    }));
  });
  // A job's id begins with its time.
  return all.sort((a, b) => (a.ran === b.ran ? 0 : a.ran < b.ran ? 1 : -1));
}

function commands(app: App): Entry[] {
  return app.hosts.list.flatMap((host) =>
    host.commands.map((command) => ({
      id: `command ${host.name} ${command}`,
      icon: 'command' as const,
      name: command,
      doc: null,
      place: host.production ? `${host.name}, production` : host.name,
      line: command,
      verb: 'Run',
      run: () => void app.launch.command(host.name, command),
      other: { verb: 'Open the form', run: () => app.launch.commandForm(host.name, command) },
    })),
  );
}

function hosts(app: App): Entry[] {
  return app.hosts.list.map((host) => ({
    id: `host ${host.name}`,
    icon: 'host',
    name: host.name,
    doc: 'Run a command…',
    place: `${host.user}@${host.hostname}`,
    line: null,
    verb: 'Open the form',
    run: () => app.launch.commandForm(host.name),
    other: { verb: 'Open its page', run: () => app.go(hostPath(host.name)) },
  }));
}

function jobEntry(app: App, job: Job): Entry {
  const at = new Date(job.queued_at);
  const ran = elapsed(job, Date.now());
  const how = [job.reason, ran === null ? null : took(ran)].filter((each) => each !== null);
  return {
    id: `job ${job.id}`,
    icon: { status: shownStatus(job) },
    name: title(job),
    doc: how.join(', '),
    also: `${job.command} ${place(job)}`,
    place: `${place(job)} · ${timeOfDay(at)} ${day(at).toLowerCase()}`,
    line: job.command,
    verb: 'Open',
    run: () => app.show(job),
    other: { verb: 'Run again', run: () => void app.launch.again(job) },
  };
}

function actions(app: App): Entry[] {
  const entry = (name: string, icon: Entry['icon'], run: () => void): Entry => {
    return { id: name, icon, name, doc: null, place: '', line: null, verb: 'Select', run };
  };
  return [
    entry('Run a command…', 'command', () => app.launch.commandForm(null)),
    entry('Open a shell', 'command', () => app.launch.shell(null)),
    entry('Add a folder with a Makefile…', 'folder', () => addProject(app)),
    entry('History', 'page', () => app.go('/history')),
    entry('Hosts', 'page', () => app.go('/hosts')),
    entry('Add a host…', 'host', () => app.editHost(null)),
    entry(app.view.hidesSidebar ? 'Show the sidebar' : 'Hide the sidebar', 'page', () =>
      app.view.toggleSidebar(),
    ),
    entry('Settings', 'page', () => app.go('/settings')),
    entry('Keyboard shortcuts', 'page', () => (app.overlay = 'shortcuts')),
    entry('Theme: system', 'theme', () => app.theme.choose('system')),
    entry('Theme: light', 'theme', () => app.theme.choose('light')),
    entry('Theme: dark', 'theme', () => app.theme.choose('dark')),
  ];
}
