// How times, sizes and counts are written. The same everywhere, so that columns line up.

/** `0:47`, `12:05`, `1:02:03`: how long something took, in milliseconds. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** `41 ms`, `0.4 s`, `9.9 s`, `0:47`: how long something took that is over; short things more exactly. */
export function took(ms: number): string {
  if (ms < 95) return `${Math.max(0, Math.round(ms))} ms`;
  return ms < 9_950 ? `${(Math.max(0, ms) / 1000).toFixed(1)} s` : duration(ms);
}

/** `0:47.8`: time since the start of a job, in microseconds, to a tenth of a second. */
export function sinceStart(us: number): string {
  const tenths = Math.max(0, Math.floor(us / 100_000));
  return `${duration(Math.floor(tenths / 10) * 1000)}.${tenths % 10}`;
}

/** `+41 ms`, `+0.4 s`, `+0:47`: time since the line before, in microseconds; nothing of lines that came at once. */
export function sinceLast(us: number): string {
  return us < 1000 ? '' : `+${took(us / 1000)}`;
}

/** `14:07:41.006`: a clock time of microseconds since 1970. */
export function clock(us: number): string {
  const at = new Date(us / 1000);
  const ms = String(at.getMilliseconds()).padStart(3, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${ms}`;
}

/** `14:07`: a time of day. */
export function timeOfDay(at: Date, seconds = false): string {
  const minutes = `${two(at.getHours())}:${two(at.getMinutes())}`;
  return seconds ? `${minutes}:${two(at.getSeconds())}` : minutes;
}

/** `Today`, `Yesterday`, `Friday 20 November`, with the year if it is not this one. */
export function day(at: Date, now = new Date()): string {
  const days = Math.round((midnight(now) - midnight(at)) / 86_400_000);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  const year = at.getFullYear() === now.getFullYear() ? undefined : 'numeric';
  return at
    .toLocaleDateString('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year })
    .replace(',', '');
}

/** `812 B`, `251 KB`, `4.2 GB`. */
export function size(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let value = bytes;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `1,412`: a count with separators. */
export function count(n: number): string {
  return n.toLocaleString('en-US');
}

/** `1 line`, `241 lines`. */
export function many(n: number, word: string): string {
  return `${count(n)} ${word}${n === 1 ? '' : 's'}`;
}

/** A path below the home folder as `~/…`. */
export function tilde(path: string, home: string): string {
  if (home !== '' && path === home) return '~';
  return home !== '' && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

/** A fragment as a sentence: a capital, unless it starts with the name of a program, and a full stop. */
export function sentence(fragment: string): string {
  const text = fragment.trim();
  if (text === '') return '';
  const start = /^make\b/.test(text) ? text : text[0]!.toUpperCase() + text.slice(1);
  return /[.!?…]`?$/.test(start) ? start : `${start}.`;
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}

function midnight(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}
