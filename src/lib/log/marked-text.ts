// Characters that a person marked, from one place in the log to another: no browser selection reaches rows that are not
// in the page.
import type { Part } from './text';

/** A place between two characters: a line from 1, and a column in UTF-16 units from 0. */
export interface Point {
  line: number;
  column: number;
}

/** What is marked; `from` is not after `to`. */
export interface Marked {
  from: Point;
  to: Point;
}

/** What lies between two places; none if they are the same. */
export function between(a: Point, b: Point): Marked | null {
  if (a.line === b.line && a.column === b.column) return null;
  const inOrder = a.line < b.line || (a.line === b.line && a.column < b.column);
  return inOrder ? { from: a, to: b } : { from: b, to: a };
}

/** The part of a line that is marked. */
export function markedIn(marked: Marked | null, line: number): Part | null {
  if (!marked || line < marked.from.line || line > marked.to.line) return null;
  const start = line === marked.from.line ? marked.from.column : 0;
  const end = line === marked.to.line ? marked.to.column : Infinity;
  return start < end ? { start, end } : null;
}

/** The word at a column, or the run of other characters that are alike. */
export function wordAt(text: string, column: number): Part {
  const kind = (char: string | undefined) =>
    char === undefined
      ? 'none'
      : /[\p{L}\p{N}_./:@-]/u.test(char)
        ? 'word'
        : /\s/.test(char)
          ? 'blank'
          : char;
  const own = kind(text[column] ?? text[column - 1]);
  let start = text[column] === undefined ? Math.max(0, column - 1) : column;
  let end = start;
  while (start > 0 && kind(text[start - 1]) === own) start -= 1;
  while (end < text.length && kind(text[end]) === own) end += 1;
  return { start, end };
}
