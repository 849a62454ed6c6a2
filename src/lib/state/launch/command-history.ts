// The commands that were run before, for the field that a command is typed into: one after the other by the arrow keys,
// and the rest of one that was begun.
import { isLook, SHELL } from '$lib/job';
import type { Host, Job } from '$lib/wire';

/** Commands that are gone through, at most. */
const MOST = 200;

/** The commands of jobs, newest first, then those that are saved; each once. */
export function commandsBefore(jobs: Job[], hosts: Host[]): string[] {
  const ran = jobs.filter((job) => job.project === null && job.command !== SHELL && !isLook(job));
  const saved = hosts.flatMap((host) => host.commands);
  return [...new Set([...ran.map((job) => job.command), ...saved])].slice(0, MOST);
}

/** The rest of the first command that begins so; empty if there is none, or nothing was begun. */
export function restOf(commands: string[], begun: string): string {
  if (begun.trim() === '') return '';
  const found = commands.find((each) => each.length > begun.length && each.startsWith(begun));
  return found?.slice(begun.length) ?? '';
}

/** Goes through commands, and back to what was typed. */
export class Recall {
  readonly #commands: string[];
  #at = -1;
  #typed = '';

  constructor(commands: string[]) {
    this.#commands = commands;
  }

  /** The command before the one that is shown; null if there is none. */
  older(shown: string): string | null {
    if (this.#at >= 0 && this.#commands[this.#at] !== shown) this.#at = -1;
    if (this.#at < 0) this.#typed = shown;
    for (let at = this.#at + 1; at < this.#commands.length; at++) {
      // The newest may be in the field already.
      if (this.#commands[at] === shown) continue;
      this.#at = at;
      return this.#commands[at]!;
    }
    return null;
  }

  /** The one after it, and at last what was typed; null if nothing was gone through. */
  newer(shown: string): string | null {
    if (this.#at < 0 || this.#commands[this.#at] !== shown) return null;
    this.#at -= 1;
    return this.#at < 0 ? this.#typed : this.#commands[this.#at]!;
  }
}

/** Shells that read a script from their input by `-s`; other programs do so by `-`. */
const SHELLS = ['bash', 'dash', 'ash', 'ksh', 'zsh', 'fish'];

/** A script as a command: for the shell as it is, for another program handed over as its input. */
export function ofScript(script: string): string {
  const text = script.replace(/\r\n/g, '\n').replace(/\n+$/, '');
  const [, path, argument] = /^#!\s*(\S+)(?:[ \t]+(.*\S))?/.exec(text) ?? [];
  if (path === undefined) return text;
  const words = path.endsWith('/env')
    ? (argument ?? '').replace(/^-S\s+/, '').split(/\s+/)
    : [path];
  const name = words[0]!.split('/').at(-1)!;
  if (name === 'sh' || name === '') return text;
  const options = path.endsWith('/env') ? words.slice(1) : (argument?.split(/\s+/) ?? []);
  let end = 'SCRIPT';
  while (text.split('\n').includes(end)) end += '_';
  const program = [name, ...options, SHELLS.includes(name) ? '-s' : '-'].join(' ');
  return `${program} <<'${end}'\n${text}\n${end}`;
}
