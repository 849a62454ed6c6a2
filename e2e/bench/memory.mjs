// What the process behind a page holds, from /proc.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

const MIB = 1024;

/** What a process holds, in MiB; `own` is what no file is behind and nobody else has. */
export function held(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const read = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)[1]) / MIB;
  return { all: read('VmRSS'), own: read('RssAnon') };
}

/** Processor time of a process so far, in milliseconds. */
export function spent(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  // In ticks, of which there are a hundred a second (proc(5), `utime` and `stime`).
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** The process of a program's name that has a variable; the one that holds most, where there are more. */
export function processOf(program, variable) {
  const is = (pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      return (
        basename(readlinkSync(`/proc/${pid}/exe`)) === program && environment.includes(variable)
      );
    } catch {
      return false; // It has ended meanwhile, or is another's.
    }
  };
  const found = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && is(name));
  found.sort((a, b) => held(b).all - held(a).all);
  if (found.length === 0) throw new Error(`no ${program} has ${variable}`);
  return Number(found[0]);
}
