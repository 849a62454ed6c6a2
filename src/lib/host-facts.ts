// What a host says of itself, on demand: one command that any POSIX shell runs, and its output read. It runs as every other
// command does, so its job is in the history.

import { word } from './template';

/** What a container or a unit is, and how it is. */
export interface Service {
  kind: 'container' | 'unit';
  name: string;
  /** In its tool's own words: `Up 3 days`, `active (running)`. */
  state: string;
  /** Whether it runs. */
  runs: boolean;
  /** What it is: the image, or the unit's description. */
  what: string;
}

/** A file system. */
export interface Disk {
  mount: string;
  /** In bytes. */
  size: number;
  used: number;
}

/** What a host said of itself. What it does not know is null. */
export interface Facts {
  kernel: string | null;
  system: string | null;
  /** How long it has been up, in milliseconds. */
  uptime: number | null;
  /** Processes that wanted to run in the last minute, five and fifteen. */
  load: [number, number, number] | null;
  cpus: number | null;
  /** In bytes. */
  memory: { size: number; available: number } | null;
  disks: Disk[];
  services: Service[];
}

/** What is before the name of each part of the output. */
const MARK = '@@vmo ';
const PARTS: [string, string][] = [
  ['kernel', 'uname -srm'],
  ['system', '(. /etc/os-release && echo "$PRETTY_NAME")'],
  ['uptime', 'cat /proc/uptime'],
  ['load', 'cat /proc/loadavg'],
  ['cpus', 'getconf _NPROCESSORS_ONLN'],
  ['memory', 'cat /proc/meminfo'],
  ['disks', 'df -Pk'],
  ['containers', 'docker ps --all --format "{{.Names}}|{{.State}}|{{.Status}}|{{.Image}}"'],
  ['units', 'systemctl list-units --type=service --all --plain --no-legend --no-pager'],
];

const SCRIPT = PARTS.map(([name, command]) => `echo "${MARK}${name}"; ${command} 2>/dev/null`);
/** The command, for a login shell of any kind. A part that a host does not know is empty, and it ends well. */
export const LOOK = `sh -c '${SCRIPT.join('; ')}; true'`;

/** Containers and units that are shown at most. */
const MOST = 1000;

/** Reads the output of the command. */
export function readFacts(lines: string[]): Facts {
  const parts = new Map<string, string[]>();
  let part: string[] = [];
  for (const line of lines) {
    if (line.startsWith(MARK)) parts.set(line.slice(MARK.length).trim(), (part = []));
    else part.push(line);
  }
  const of = (name: string) => parts.get(name) ?? [];
  const numbers = (name: string) =>
    (of(name)[0] ?? '').split(' ').map((word) => Number.parseFloat(word));
  const [seconds] = numbers('uptime');
  const [one, five, fifteen] = numbers('load');
  const [cpus] = numbers('cpus');
  return {
    kernel: of('kernel')[0] ?? null,
    system: of('system')[0] ?? null,
    uptime: isNumber(seconds) ? seconds * 1000 : null,
    load: isNumber(one) && isNumber(five) && isNumber(fifteen) ? [one, five, fifteen] : null,
    cpus: isNumber(cpus) && cpus > 0 ? cpus : null,
    memory: memory(of('memory')),
    disks: of('disks').slice(1).flatMap(disk),
    services: [...of('containers').flatMap(container), ...of('units').flatMap(unit)].slice(0, MOST),
  };
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value);
}

function memory(lines: string[]): Facts['memory'] {
  const of = (name: string) => {
    const line = lines.find((each) => each.startsWith(`${name}:`));
    return line === undefined ? NaN : Number.parseInt(line.slice(name.length + 1), 10) * 1024;
  };
  const [size, available] = [of('MemTotal'), of('MemAvailable')];
  return Number.isFinite(size) && Number.isFinite(available) ? { size, available } : null;
}

/** Of `df -Pk`: what is on a disk, and not in memory or a part of the system. */
function disk(line: string): Disk[] {
  const match = /^(\S+)\s+(\d+)\s+(\d+)\s+-?\d+\s+\S+\s+(\/.*)$/.exec(line);
  if (!match) return [];
  const [, device, size, used, mount] = match;
  const isOne = device!.startsWith('/') || device!.includes(':') || mount === '/';
  if (!isOne || device!.startsWith('/dev/loop') || Number(size) === 0) return [];
  return [{ mount: mount!, size: Number(size) * 1024, used: Number(used) * 1024 }];
}

function container(line: string): Service[] {
  const [name, state, status, image] = line.split('|');
  if (!name || state === undefined || status === undefined) return [];
  return [{ kind: 'container', name, state: status, runs: state === 'running', what: image ?? '' }];
}

function unit(line: string): Service[] {
  const match = /^\W*(\S+)\.service\s+(\S+)\s+(\S+)\s+(\S+)\s*(.*)$/.exec(line);
  // What is not installed is named by others alone.
  if (!match || match[2] === 'not-found' || match[3] === 'inactive') return [];
  const [, name, , active, sub, what] = match;
  const runs = active === 'active' && sub === 'running';
  return [{ kind: 'unit', name: name!, state: `${active} (${sub})`, runs, what: what! }];
}

/** The command that follows what a service writes. */
export function logsOf({ kind, name }: Service): string {
  return kind === 'container'
    ? `docker logs -f --tail 200 ${word(name)}`
    : `journalctl -n 200 -fu ${word(name)}`;
}

/** The command that restarts a service. */
export function restartOf({ kind, name }: Service): string {
  return kind === 'container' ? `docker restart ${word(name)}` : `systemctl restart ${word(name)}`;
}

/** The command of a shell in a container; null if there is none in it. */
export function shellIn({ kind, name, runs }: Service): string | null {
  return kind === 'container' && runs ? `docker exec -it ${word(name)} sh` : null;
}
