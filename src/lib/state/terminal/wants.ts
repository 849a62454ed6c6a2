// Whether a job that ran without a terminal wants one: by what it says, by what it does to the screen, or by its name; and
// which targets a person has seen to want one.
import { localChoices } from '$lib/state/local-choices';
import type { Job } from '$lib/wire';
import { opensAsTerminal } from './opens';

/** What programs say for want of a terminal: isatty(3), tcgetattr(3), ncurses, docker, bash, ssh, top. */
const COMPLAINTS =
  /not a (?:tty|terminal)\b|isn't a terminal|inappropriate ioctl for device|no job control in this shell|failed tty get|must be run (?:from|in) a (?:terminal|tty)|requires? (?:a|an interactive) (?:terminal|tty)|a terminal is required|TERM environment variable (?:not set|needs set)|error opening terminal|no tty present|open \/dev\/tty: no such/i;

const KEPT = 'terminal-targets';
/** Targets that are remembered; the oldest goes. */
const MOST = 200;

/** Whether a job wants the terminal it was not given; `last` are its last lines. */
export function wantsTerminal(
  job: Pick<Job, 'pty' | 'target' | 'command' | 'status'>,
  fullScreen: boolean,
  last: string[],
): boolean {
  if (job.pty || job.status === 'queued') return false;
  return (
    fullScreen ||
    (job.target === null && opensAsTerminal(job.command)) ||
    last.some((line) => COMPLAINTS.test(line))
  );
}

/** Whether a target runs in a terminal from now on, since it was run again in one. */
export function isKeptInTerminal(project: string, targets: string[]): boolean {
  return localChoices.list(KEPT).includes(keyOf(project, targets));
}

/** Runs a target in a terminal from now on. */
export function keepInTerminal(project: string, targets: string[]): void {
  const key = keyOf(project, targets);
  const others = localChoices.list(KEPT).filter((each) => each !== key);
  localChoices.set(KEPT, JSON.stringify([...others, key].slice(-MOST)));
}

function keyOf(project: string, targets: string[]): string {
  return `${project}\n${targets.join(' ')}`;
}
