// What the palette finds: targets, hosts, saved commands, jobs and actions, by the letters typed.
import { about } from '$lib/target-help';
import { hostPath } from '$lib/host';
import { elapsed, isLook, place, shownStatus, title } from '$lib/job';
import { asks, CARE_WORD } from '$lib/care';
import { day, many, timeOfDay, took } from '$lib/format';
import type { App } from '$lib/state/app.svelte';
import type { Host, Job } from '$lib/wire';
import type { Tab } from '$lib/tab';
import { ofTab, ofText, ofWindow } from './palette-actions';
import type { Entry, Step } from './palette-entry';
import { type Fit, fit } from './palette-match';

/** Entries under one heading. */
export interface Found {
  name: string;
  entries: Entry[];
}

/** Hits shown of each kind. */
const MOST = 6;
/** Entries of a step, at most. */
const LISTED = 50;
/** And with nothing typed, so that every kind is in sight. */
const FEW = 3;

/** Everything that matches, by kind, the best first; `tab` is the one that is looked at. */
export function find(app: App, query: string, tab: Tab | null = null): Found[] {
  const link = linked(query);
  if (link) return [{ name: 'Jobs', entries: [linkEntry(app, link)] }];
  const wanted = query.trim();
  const typed = destination(query);
  const shells: Found[] = typed ? [{ name: 'Shells', entries: shellsOn(app, typed) }] : [];
  const kinds: [string, Entry[]][] = [
    ['Targets', targets(app)],
    ['Saved commands', commands(app)],
    ['Hosts', hosts(app)],
    ['Jobs', ran(app).map((job) => jobEntry(app, job))],
    ['Saved searches', searches(app)],
    ['This tab', ofTab(app, tab)],
    ['Actions', ofWindow(app)],
  ];
  const groups = kinds
    .map(([name, entries]) => ({ name, ...best(entries, wanted) }))
    .filter(({ entries }) => entries.length > 0)
    // What was typed to the letter goes before what only has its words somewhere.
    .sort((a, b) => Math.max(a.kind, 1) - Math.max(b.kind, 1));
  const text: Found[] = wanted ? [{ name: 'With this text', entries: ofText(app, wanted) }] : [];
  return [...shells, ...groups, ...text];
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
  const matching = best(entries, typed).entries.filter((each) => each !== named);
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

/** The best of some, the best first, with how well the first one fits. */
function best(entries: Entry[], query: string): { entries: Entry[]; kind: number } {
  const fits: { entry: Entry; fit: Fit }[] = [];
  for (const entry of entries) {
    const fitting = fit(entry, query);
    if (fitting) fits.push({ entry, fit: fitting });
  }
  fits.sort((a, b) => a.fit.kind - b.fit.kind || a.fit.score - b.fit.score);
  return {
    entries: fits.slice(0, query === '' ? FEW : MOST).map(({ entry }) => entry),
    kind: fits[0]?.fit.kind ?? 0,
  };
}

/** Of the entries of a step, those that match; all of them if nothing is typed. */
export function within({ asks, entries }: Step, query: string): Found[] {
  const wanted = query.trim();
  const found = wanted === '' ? entries : entries.filter((entry) => fit(entry, wanted) !== null);
  return found.length > 0 ? [{ name: asks, entries: found.slice(0, LISTED) }] : [];
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

/** One for each command: of those that several hosts have, the host is chosen next. */
function commands(app: App): Entry[] {
  const on = new Map<string, Host[]>();
  for (const host of app.hosts.list) {
    for (const command of host.commands) on.set(command, [...(on.get(command) ?? []), host]);
  }
  return [...on].map(([command, hosts]) => {
    const [only] = hosts;
    if (hosts.length === 1) return commandEntry(app, command, only!, command);
    return {
      id: `command ${command}`,
      icon: 'command',
      name: command,
      doc: null,
      also: hosts.map(({ name }) => name).join(' '),
      place: `${hosts.length} hosts`,
      line: command,
      verb: 'Choose the host',
      run: () => undefined,
      other: {
        verb: 'Open the form',
        run: () => app.launch.commandForm(null, command),
      },
      into: {
        asks: `Run ${command} on`,
        entries: [
          ...hosts.map((host) => commandEntry(app, command, host, host.name)),
          ...setEntries(app, command, hosts),
        ],
      },
    };
  });
}

/** The tags of hosts, and what is saved as a set. */
function setEntries(app: App, command: string, hosts: Host[]): Entry[] {
  const tags = [...new Set(hosts.flatMap((host) => host.tags))].sort();
  const sets = app.hosts.sets.map(({ name, line }) => ({ name, place: line }));
  const all = [
    ...tags.map((name) => {
      const count = hosts.filter((host) => host.tags.includes(name)).length;
      return { name, place: many(count, 'host') };
    }),
    ...sets,
  ];
  return all.map(({ name, place }) => ({
    id: `command @${name} ${command}`,
    icon: 'host',
    name: `@${name}`,
    doc: null,
    place,
    line: command,
    verb: 'Open the form',
    run: () => app.launch.formOnSet(`@${name}`, command),
  }));
}

function commandEntry(app: App, command: string, host: Host, name: string): Entry {
  const where = asks(host) ? `${host.name}, ${CARE_WORD[host.care]}` : host.name;
  const address = `${host.user}@${host.hostname}`;
  return {
    id: `command ${host.name} ${command}`,
    icon: name === command ? 'command' : 'host',
    name,
    doc: name === command || !asks(host) ? null : CARE_WORD[host.care],
    place: name === command ? where : address,
    line: command,
    verb: 'Run',
    run: () => void app.launch.command(host.name, command),
    other: { verb: 'Open the form', run: () => app.launch.commandForm(host.name, command) },
  };
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

/** The latest jobs that a person started. */
function ran(app: App): Job[] {
  return app.jobs.all.filter((job) => !isLook(job)).slice(0, 200);
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
