// A line's text cut where its style changes and where hits begin and end.
import type { Hit, Span, Style } from '../wire';

/** A part of a line that looks the same throughout. */
export interface Piece {
  text: string;
  style: Style | undefined;
  /** Whether it is part of a hit, and of the current one. */
  hit: 'none' | 'hit' | 'current';
}

/** The pieces of a line; hits are in order, and count in UTF-16 units as strings do. */
export function pieces(spans: Span[], hits: Hit[], current: Hit | null): Piece[] {
  if (hits.length === 0)
    return spans.map(({ text, style }) => ({ text, style, hit: 'none' as const }));
  const all: Piece[] = [];
  let column = 0;
  let next = 0;
  for (const { text, style } of spans) {
    const end = column + text.length;
    let from = column;
    while (from < end) {
      while (next < hits.length && hits[next]!.end <= from) next += 1;
      const hit = hits[next];
      const inside = hit !== undefined && hit.start <= from;
      const to = Math.min(end, inside ? hit.end : (hit?.start ?? end));
      const kind = !inside ? 'none' : hit.start === current?.start ? 'current' : 'hit';
      all.push({ text: text.slice(from - column, to - column), style, hit: kind });
      from = to;
    }
    column = end;
  }
  return all;
}
