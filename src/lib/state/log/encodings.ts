// In what encoding a person wants to see the log of a target or a command: what a program writes, it writes each time.
import { localChoices } from '$lib/state/local-choices';
import type { Encoding, Job } from '$lib/wire';

/** Those there are, as they are called. */
export const ENCODINGS: [Encoding, string][] = [
  ['utf8', 'UTF-8'],
  ['latin1', 'Latin-1 (Windows-1252)'],
  ['gbk', 'GBK'],
  ['shift_jis', 'Shift-JIS'],
  ['utf16_le', 'UTF-16 LE'],
  ['utf16_be', 'UTF-16 BE'],
];

/** What a job ran. */
export type Ran = Pick<Job, 'project' | 'targets' | 'host' | 'command'>;

const KEPT = 'encodings';
/** Targets and commands that are remembered; the oldest goes. */
const MOST = 200;

/** What the logs of this are shown in. */
export function encodingOf(ran: Ran): Encoding {
  const key = keyOf(ran);
  const kept = localChoices.list(KEPT).find((each) => each.endsWith(`\n${key}`));
  const word = kept?.slice(0, kept.indexOf('\n'));
  return ENCODINGS.find(([encoding]) => encoding === word)?.[0] ?? 'utf8';
}

/** Shows them in this from now on. */
export function keepEncoding(ran: Ran, encoding: Encoding): void {
  const key = keyOf(ran);
  const others = localChoices.list(KEPT).filter((each) => !each.endsWith(`\n${key}`));
  const kept = encoding === 'utf8' ? others : [...others, `${encoding}\n${key}`];
  localChoices.set(KEPT, JSON.stringify(kept.slice(-MOST)));
}

function keyOf({ project, targets, host, command }: Ran): string {
  return JSON.stringify(project === null ? [host, command] : [project, targets]);
}
