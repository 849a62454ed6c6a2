// What the palette does: with the job that is looked at, with the window, and with whatever was typed.
import { save } from '$lib/components/log/line-actions';
import { inDesktop, leave } from '$lib/desktop';
import { isOver, title } from '$lib/job';
import { keyWords, mod } from '$lib/keys';
import type { App } from '$lib/state/app.svelte';
import { batchOf, type Tab } from '$lib/tab';
import type { Job } from '$lib/wire';
import { cancel } from './job/actions';
import { addProject } from './launch/add-project';
import type { Entry } from './palette-entry';

/** An action, with the words it may be looked for by. */
function action(
  app: App,
  name: string,
  icon: Entry['icon'],
  run: () => void,
  more: { also?: string; key?: string; place?: string } = {},
): Entry {
  const key = more.key === undefined ? {} : { key: keyWords(app.keys.of(more.key)) };
  const { also = '', place = '' } = more;
  return { id: name, icon, name, doc: null, also, place, ...key, line: null, verb: 'Select', run };
}

/** What can be done with the tab that is looked at. */
export function ofTab(app: App, tab: Tab | null): Entry[] {
  if (tab === null) return [];
  const close = action(app, 'Close the tab', 'page', () => app.close(tab, true), { key: 'close' });
  const job = batchOf(tab) === null ? app.jobs.get(tab) : undefined;
  return job ? [...ofJob(app, job), close] : [close];
}

function ofJob(app: App, job: Job): Entry[] {
  const place = title(job);
  const act = (name: string, run: () => void, more: { also?: string; key?: string } = {}) =>
    action(app, name, 'verb', run, { ...more, place });
  const pinned = app.notes.isPinned(job.id);
  const say = app.attempt.bind(app, pinned ? 'unpin the job' : 'pin the job');
  const canceling = app.jobs.canceling(job) !== null;
  const over = isOver(job);
  const link = `${location.origin}/job/${job.id}`;
  return [
    ...(over
      ? [
          act('Run again', () => void app.launch.again(job), { key: 'again', also: 'retry rerun' }),
          act('Run again with changes…', () => app.launch.changed(job), { also: 'retry edit' }),
        ]
      : [
          act(canceling ? 'Force the end' : 'Cancel', () => cancel(app, job, canceling), {
            key: 'cancel',
            also: 'stop kill end abort',
          }),
        ]),
    act('Compare with earlier runs', () => app.compare(job), { key: 'compare', also: 'diff' }),
    act(pinned ? 'Unpin' : 'Pin', () => void say(app.notes.say(job.id, { pinned: !pinned })), {
      also: 'keep',
    }),
    act('Copy link', () => void app.attempt('copy the link', navigator.clipboard.writeText(link)), {
      key: 'link',
      also: 'url share',
    }),
    act('Download the log', () => void save(app, app.logs.open(job), 'text'), {
      also: 'save export text',
    }),
  ];
}

/** What can be done with the window, wherever one is. */
export function ofWindow(app: App): Entry[] {
  const act = action.bind(null, app);
  const { tabs } = app.jobs;
  const over = tabs.all.filter((tab) => {
    const job = app.jobs.get(tab);
    return job !== undefined && isOver(job);
  });
  const theme = (name: 'system' | 'light' | 'dark') =>
    act(`Theme: ${name}`, 'theme', () => app.theme.choose(name), { also: 'look appearance' });
  return [
    act('Run a command…', 'command', () => app.launch.commandForm(null)),
    act('Open a shell', 'command', () => app.launch.shell(null), { also: 'terminal' }),
    act('Add a folder with a Makefile…', 'folder', () => addProject(app), { also: 'project' }),
    act('History', 'page', () => app.go('/history'), { key: 'history' }),
    act('Hosts', 'page', () => app.go('/hosts')),
    act('Add a host…', 'host', () => app.editHost(null)),
    act(
      app.view.hidesSidebar ? 'Show the sidebar' : 'Hide the sidebar',
      'page',
      () => app.view.toggleSidebar(),
      { key: 'sidebar' },
    ),
    act(
      'Fold all projects and hosts',
      'page',
      () => (app.projects.foldAll(), app.hosts.foldAll()),
      { also: 'collapse' },
    ),
    ...(over.length > 0
      ? [
          act('Close all tabs that are over', 'page', () => app.closeAll(over, app.tab), {
            also: 'finished done',
          }),
        ]
      : []),
    ...(tabs.closed.length > 0
      ? [act('Reopen the last tab', 'page', () => app.reopen(), { key: 'reopen' })]
      : []),
    act(
      app.view.wrap ? 'Long lines: one line' : 'Long lines: wrap',
      'page',
      () => app.view.toggleWrap(),
      {
        key: 'wrap',
      },
    ),
    act('Larger text in logs', 'page', () => app.view.stepText(1), { also: 'size font zoom' }),
    act('Smaller text in logs', 'page', () => app.view.stepText(-1), { also: 'size font zoom' }),
    act('Timestamps: the next kind', 'page', () => app.view.nextTimes(), { key: 'times' }),
    act('Open in a new window', 'page', () => app.openApart(location.pathname + location.hash), {
      key: 'apart',
      also: 'separate second split beside',
    }),
    act('Settings', 'page', () => app.go('/settings'), { key: 'settings', also: 'preferences' }),
    { ...act('Guide', 'page', () => app.go('/help'), { also: 'help docs manual' }), key: 'F1' },
    act('Keyboard shortcuts', 'page', () => (app.overlay = 'shortcuts'), {
      key: 'shortcuts',
      also: 'keys help',
    }),
    act('Health', 'page', () => app.go('/settings#health'), {
      also: 'doctor diagnostics log wrong check',
    }),
    act('About VM Orchestrator', 'page', () => app.go('/settings#about'), {
      also: 'version licence folders',
    }),
    theme('system'),
    theme('light'),
    theme('dark'),
    ...(inDesktop() ? ofDesktop(app) : []),
  ];
}

function ofDesktop(app: App): Entry[] {
  const act = (name: string, run: () => void, key: string, also = 'zoom size text') => ({
    ...action(app, name, 'page', run, { also }),
    key: mod(key),
  });
  return [
    act('Larger', () => app.zoom.step(1), '+'),
    act('Smaller', () => app.zoom.step(-1), '−'),
    act('Actual size', () => app.zoom.choose(100), '0'),
    act('Quit', () => void app.attempt('quit', leave()), 'Q', 'exit close end'),
  ];
}

/** What can be done with any text: it is run, here or on a host, or looked for. */
export function ofText(app: App, text: string): Entry[] {
  const entry = { doc: null, place: '', line: null };
  const onHost = app.hosts.list.map((host) => ({
    ...entry,
    id: `run on ${host.name}`,
    icon: 'host' as const,
    name: host.name,
    place: `${host.user}@${host.hostname}`,
    line: text,
    verb: 'Open the form',
    run: () => app.launch.commandForm(host.name, text),
  }));
  return [
    {
      ...entry,
      id: 'search',
      icon: 'search',
      name: `Search every log for “${text}”`,
      verb: 'Search',
      run: () => app.searchLogs(text),
    },
    {
      ...entry,
      id: 'run here',
      icon: 'command',
      name: `Run “${text}” here…`,
      line: text,
      verb: 'Open the form',
      run: () => app.launch.commandForm(null, text),
    },
    ...(onHost.length > 0
      ? [
          {
            ...entry,
            id: 'run on',
            icon: 'host' as const,
            name: `Run “${text}” on a host…`,
            line: text,
            verb: 'Choose the host',
            run: () => undefined,
            into: { asks: 'On which host?', entries: onHost },
          },
        ]
      : []),
  ];
}
