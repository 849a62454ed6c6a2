// A diff in blocks: what is looked at, and runs of equal lines that are folded.
import type { DiffLine } from '$lib/wire';

/** Equal lines that stay around what differs. */
const CONTEXT = 3;
/** A fold of fewer lines hides no more than it takes. */
const LEAST = 4;

/** Lines of a diff that are shown, or folded. */
export interface Block {
  /** The place of the first line. */
  from: number;
  lines: DiffLine[];
  folded: boolean;
}

/** The lines in blocks; nothing is folded where nothing is compared. */
export function blocks(lines: DiffLine[], compared: boolean): Block[] {
  if (!compared) return lines.length === 0 ? [] : [{ from: 0, lines, folded: false }];
  const found: Block[] = [];
  const add = (from: number, to: number, folded: boolean) => {
    if (to <= from) return;
    const last = found.at(-1);
    if (!folded && last && !last.folded) last.lines.push(...lines.slice(from, to));
    else found.push({ from, lines: lines.slice(from, to), folded });
  };
  let at = 0;
  while (at < lines.length) {
    let end = at;
    while (end < lines.length && lines[end]!.side === 'same') end += 1;
    // At the ends of the text there is nothing to give context to.
    const head = at === 0 ? at : Math.min(end, at + CONTEXT);
    const tail = end === lines.length ? end : Math.max(head, end - CONTEXT);
    if (tail - head >= LEAST) {
      add(at, head, false);
      add(head, tail, true);
      add(tail, end, false);
    } else add(at, end, false);
    at = end;
    while (at < lines.length && lines[at]!.side !== 'same') at += 1;
    add(end, at, false);
  }
  return found;
}
