// A line as plain text: what is copied, and how wide it is.
import { visible } from '../visible/visible';
import type { Line } from '../wire';

/** A part of a line's text, in UTF-16 units as strings count. */
export interface Part {
  start: number;
  end: number;
}

/** Its text without styles. */
export function textOf(line: Pick<Line, 'spans'>): string {
  return line.spans.map((span) => span.text).join('');
}

/** Its text from one column up to another as the job wrote it: with its tabs, and not the blanks that they are on screen. */
export function copiedText(line: Pick<Line, 'spans' | 'tabs'>, from = 0, to = Infinity): string {
  const text = textOf(line);
  let [copied, at] = ['', from];
  for (const [start, blanks] of line.tabs ?? []) {
    // Of a tab that is only partly meant some blanks are.
    if (start < at || start + blanks > to) continue;
    copied += `${text.slice(at, start)}\t`;
    at = start + blanks;
  }
  return copied + text.slice(at, to);
}

/** How many columns it takes, at least: most wide characters count two. */
export function columns(line: Line): number {
  let sum = 0;
  for (const { text } of line.spans) sum += widthOf(text);
  return sum;
}

/** How many columns a text takes. */
export function widthOf(of: string): number {
  // Marks are as wide as they are drawn.
  const text = visible(of, 'log');
  let sum = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // Hangul, CJK and full-width forms. An emoji is two code units and two columns already.
    if (code >= 0x1100 && (code <= 0x115f || (code >= 0x2e80 && code <= 0xa4cf))) sum += 1;
    else if ((code >= 0xac00 && code <= 0xd7a3) || (code >= 0xff00 && code <= 0xff60)) sum += 1;
  }
  return sum;
}
