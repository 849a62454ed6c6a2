// What a line names that can be opened: addresses of the web, and places in files.
import type { Hyperlink } from '../wire';
import type { Part } from './text';

/** A part of a line that opens something. */
export type Link = Part &
  (
    | { kind: 'url'; href: string }
    /** `isCause`: of the error that the line reports. `href`: behind the words that the job wrote. */
    | { kind: 'place'; isCause: boolean; href?: string }
  );

/** As far as a line is looked at, in UTF-16 units. */
const MOST = 8192;
/** Only lines with one of these are looked at closer. */
const TELLING = /:\/\/|[\w)]:\d|\(\d+,\d|", line \d/;
const URL = /\bhttps?:\/\/[^\s"'<>`\\^{}|]+/g;
/** As the engine reads them, which opens what it finds itself: `src/a.c:3:7`, `Makefile:12`, `src/a.ts(3,7)`. */
const PLACE =
  /(?<=^|[\s"'`([<])[\w.~+@%/-]*(?:\/[\w.+@%-]+|\w\.[A-Za-z]\w*|akefile)(?::\d{1,9}(?::\d{1,9})?|\(\d{1,9},\d{1,9}\))/;
/** `  File "x.py", line 3`. */
const PYTHON = /^\s+File ("[^"]+", line \d{1,9})/;

/**
 * The links of a line, in order and apart; without places if its files are not here. Words that the job gave an address
 * (`behind`) lead there, whatever they are.
 */
export function linksIn(
  whole: string,
  cause: Part | null,
  places: boolean,
  behind: Hyperlink[] = [],
): Link[] {
  const text = whole.slice(0, MOST);
  const links: Link[] = [];
  for (const { start, end, url } of behind) {
    const isFile = url.startsWith('file:');
    if (!isFile) add(links, { start, end, kind: 'url', href: url });
    else if (places) add(links, { start, end, kind: 'place', isCause: false, href: url });
  }
  if (places && cause) add(links, { ...cause, kind: 'place', isCause: true });
  if (!TELLING.test(text)) return sorted(links);
  for (const { 0: found, index } of text.matchAll(URL)) {
    const href = trimmed(found);
    add(links, { start: index, end: index + href.length, kind: 'url', href });
  }
  const place = places && !cause ? placeOf(text) : null;
  if (place) add(links, { ...place, kind: 'place', isCause: false });
  return sorted(links);
}

/** The link at a column. */
export function linkAt(links: Link[], column: number): Link | null {
  return links.find(({ start, end }) => start <= column && column < end) ?? null;
}

function sorted(links: Link[]): Link[] {
  return links.sort((a, b) => a.start - b.start);
}

function add(links: Link[], link: Link): void {
  if (!links.some(({ start, end }) => start < link.end && link.start < end)) links.push(link);
}

/** The first place in a file that a line names. */
function placeOf(text: string): Part | null {
  const python = PYTHON.exec(text);
  if (python) {
    const start = python[0].length - python[1]!.length;
    return { start, end: python[0].length };
  }
  const place = PLACE.exec(text);
  if (!place || place[0].startsWith('//')) return null;
  return { start: place.index, end: place.index + place[0].length };
}

/** An address without what ends the sentence around it, and without a bracket that it does not open. */
function trimmed(url: string): string {
  let end = url.length;
  for (;;) {
    const last = url[end - 1]!;
    const opens = { ')': '(', ']': '[' }[last];
    const isForeign = opens !== undefined && !balanced(url.slice(0, end), opens, last);
    if (!isForeign && !'.,;:!?*'.includes(last)) return url.slice(0, end);
    end -= 1;
  }
}

function balanced(text: string, opens: string, closes: string): boolean {
  return text.split(opens).length >= text.split(closes).length;
}
