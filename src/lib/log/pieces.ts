// A line's text cut where its style changes, where hits begin and end, and where it can be opened.
import type { Hit, Line, Spot, Span, Style } from '../wire';
import { type Link, linkAt } from './links';
import { type Part, textOf } from './text';

/** A part of a line that looks the same throughout. */
export interface Piece {
  text: string;
  style: Style | undefined;
  /** Whether it is part of a hit, and of the current one. */
  hit: 'none' | 'hit' | 'current';
  /** What it opens. */
  link: Link | null;
  /** Whether a person marked it. */
  marked: boolean;
}

/** The pieces of a line; hits are in order. */
export function pieces(
  spans: Span[],
  hits: Hit[],
  current: Hit | null,
  links: Link[] = [],
  marked: Part | null = null,
): Piece[] {
  const cuts = hits.flatMap(({ start, end }) => [start, end]);
  if (marked) cuts.push(marked.start, marked.end);
  for (const { start, end } of links) cuts.push(start, end);
  cuts.sort((a, b) => a - b);
  const all: Piece[] = [];
  let [column, nextHit, nextCut] = [0, 0, 0];
  for (const { text, style } of spans) {
    const end = column + text.length;
    let from = column;
    while (from < end) {
      while (nextCut < cuts.length && cuts[nextCut]! <= from) nextCut += 1;
      while (nextHit < hits.length && hits[nextHit]!.end <= from) nextHit += 1;
      const hit = hits[nextHit];
      const inside = hit !== undefined && hit.start <= from;
      const to = Math.min(end, cuts[nextCut] ?? end);
      all.push({
        text: text.slice(from - column, to - column),
        style,
        hit: !inside ? 'none' : hit.start === current?.start ? 'current' : 'hit',
        link: linkAt(links, from),
        marked: holds(marked, from),
      });
      from = to;
    }
    column = end;
  }
  return all;
}

function holds(part: Part | null, column: number): boolean {
  return part !== null && part.start <= column && column < part.end;
}

/** Where a line names a place in a file; none if another line does, as a compiler's `-->`. */
export function placeIn(line: Line, spot: Spot | null | undefined): Part | null {
  if (!spot) return null;
  const text = textOf(line);
  for (const mark of [':', '(']) {
    const start = text.indexOf(`${spot.file}${mark}${spot.line}`);
    if (start < 0) continue;
    const named = `${spot.file}${mark}${spot.line}`;
    const column = mark === ':' && spot.column !== null ? `:${spot.column}` : '';
    const end =
      start + named.length + (text.startsWith(column, start + named.length) ? column.length : 0);
    return { start, end };
  }
  return null;
}
