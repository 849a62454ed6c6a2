// How well what was typed fits an entry of the palette.

/** What is looked through. */
interface Looked {
  name: string;
  also?: string;
  place: string;
}

/** How well something fits: kinds from 0, the best, and within a kind small is good. */
export interface Fit {
  kind: number;
  score: number;
}

/**
 * The places of the query in a name, or null: as a whole first, then letter by letter, each one next to the last or at
 * the start of a word.
 */
export function match(name: string, query: string): number[] | null {
  if (query === '') return [];
  const [low, wanted] = [name.toLowerCase(), query.toLowerCase()];
  const whole = low.indexOf(wanted);
  if (whole >= 0) return Array.from(wanted, (_, i) => whole + i);
  const at: number[] = [];
  for (const letter of wanted) {
    const last = at.at(-1) ?? -2;
    let next = last + 1;
    if (low[next] !== letter) next = wordStart(low, letter, next + 1);
    if (next < 0) return null;
    at.push(next);
  }
  return at;
}

/** The letters of a name to be set off: of the query as a whole, else of each of its words. */
export function marks(name: string, query: string): number[] {
  const whole = match(name, query);
  if (whole) return whole;
  return query.split(/\s+/).flatMap((word) => match(name, word) ?? []);
}

/** How well the query fits; its words may come in any order, in the name and in what is around it. Null if it does not. */
export function fit(entry: Looked, query: string): Fit | null {
  const { name, place, also = '' } = entry;
  const whole = match(name, query);
  if (whole) {
    const isWhole = name.toLowerCase().includes(query.toLowerCase());
    return { kind: isWhole ? 0 : 1, score: score(name, whole) };
  }
  const words = query.split(/\s+/).filter((word) => word !== '');
  if (words.length === 1 && query.length < 2) return null;
  const around = `${place} ${also}`.toLowerCase();
  let sum = 0;
  let named = 0;
  for (const word of words) {
    const at = match(name, word);
    if (at) {
      sum += score(name, at);
      named += 1;
    } else if (around.includes(word.toLowerCase())) sum += 100;
    else return null;
  }
  return { kind: named > 0 ? 2 : 3, score: sum };
}

function wordStart(text: string, letter: string, from: number): number {
  for (let at = Math.max(0, from); at < text.length; at++) {
    if (text[at] === letter && (at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1]!))) return at;
  }
  return -1;
}

/** Small is good: letters together, near the start, in a short name. */
function score(name: string, at: number[]): number {
  if (at.length === 0) return 0;
  const spread = at.at(-1)! - at[0]! + 1 - at.length;
  return spread * 10 + at[0]! + name.length / 100;
}
