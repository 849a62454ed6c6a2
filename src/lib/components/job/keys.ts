// Keys of a job's page.
import { PAGE_KEYS } from '$lib/components/log/wheel-and-keys';
import { copyLink } from '$lib/components/log/line-actions';
import { isOver } from '$lib/job';
import { dialogOpen, modHeld, typing } from '$lib/keys';
import type { App } from '$lib/state/app.svelte';
import type { LogView } from '$lib/state/log/view.svelte';
import type { Shown } from '$lib/state/terminal/terminal.svelte';
import type { Job } from '$lib/wire';
import { cancel } from './actions';

/** The page that a key is pressed on. */
export interface OnJob {
  app: App;
  job: Job;
  view: LogView;
  shown: Shown | 'comparison';
}

/** Does what a key means on a job's page. */
export function keydown(event: KeyboardEvent, on: OnJob): void {
  if (!dialogOpen() && means(event, on)) event.preventDefault();
}

/** Does what a key means; false if it means nothing. */
function means(event: KeyboardEvent, on: OnJob): boolean {
  if (withMod(event, on)) return true;
  const isLogs = on.shown === 'log';
  if (isLogs && movesLog(event)) {
    PAGE_KEYS[event.key]!(on.view, event.shiftKey);
    return true;
  }
  const { key, mod } = on.app.keys.meant(event, 'job');
  if (typing(event) || mod || event.altKey) return false;
  return (isLogs || 'rc'.includes(key)) && press(key, on);
}

/** Does what a key means with Ctrl or Cmd; false if it means nothing. */
function withMod(event: KeyboardEvent, { app, job, view }: OnJob): boolean {
  const { key, mod } = app.keys.meant(event, 'job');
  if (!mod) return false;
  switch (key.toLowerCase()) {
    case 'f':
      if (event.shiftKey) return false;
      // What is looked for is looked for in the log.
      showLog(app, job);
      view.find.summon();
      return true;
    case 'l':
      showLog(app, job);
      view.going = true;
      return true;
    case '.':
      if (!isOver(job)) cancel(app, job, app.jobs.canceling(job) !== null);
      return true;
    default:
      return false;
  }
}

function showLog(app: App, job: Job): void {
  app.terminals.choose(job.id, 'log');
  app.comparisons.close(job.id);
}

/**
 * Whether a key moves the log although it has no focus. After a launch the focus is where the click was, or nowhere:
 * pages are turned all the same, and what a button or a link has no use for is the log's.
 */
function movesLog(event: KeyboardEvent): boolean {
  if (!(event.key in PAGE_KEYS) || event.defaultPrevented || event.altKey || modHeld(event))
    return false;
  if (event.target === document.body) return true;
  const idle =
    event.target instanceof Element && event.target.matches('a, button:not([aria-haspopup])');
  return idle && ['PageUp', 'PageDown', 'Home', 'End'].includes(event.key);
}

/** Does what a letter means, while nobody types; false if it means nothing. */
function press(key: string, { app, job, view }: OnJob): boolean {
  switch (key) {
    case 'g':
      view.scroll.toTop();
      return true;
    case 'G':
    case 'F':
      view.scroll.followEnd();
      return true;
    case '/':
      view.find.summon();
      return true;
    case 'n':
    case 'N':
      void view.find.step(key === 'N');
      return view.find.active;
    case 'e':
    case 'E':
      return view.jumps.toError(key === 'E');
    case '[':
    case ']':
      view.jumps.toSection(key === '[');
      return true;
    case 'z':
      if (view.jumps.section !== null) view.toggleFold(view.jumps.section);
      return true;
    case 'w':
      app.view.toggleWrap();
      return true;
    case 'y':
      copyLink(app, view);
      return true;
    case 't':
      app.view.nextTimes();
      return true;
    case 'r':
      if (isOver(job)) void app.launch.again(job);
      return isOver(job);
    case 'c':
      if (app.comparisons.of(job.id)) app.comparisons.close(job.id);
      else app.compare(job);
      return true;
    case 'Escape':
      if (view.find.open) view.find.close();
      else view.selection.none();
      return true;
    default:
      return false;
  }
}
