// Where a person was in each log: they are there again after a restart, as in a document that was left open.
import type { JobId } from '$lib/wire';
import { keep, kept } from '../tabs.svelte';

const NAME = 'vmo.places';
/** Logs whose place is remembered; the one left first goes. */
const MOST = 50;

/** The line that was at the top of a log's window; none if that was left where it opens. */
export function placeIn(job: JobId): number | undefined {
  return all().find(([known]) => known === job)?.[1];
}

/** Remembers the line at the top of a log's window. */
export function keepPlace(job: JobId, line: number): void {
  const others = all().filter(([known]) => known !== job);
  keep(NAME, [...others, [job, line]].slice(-MOST));
}

function all(): [JobId, number][] {
  const places = kept(NAME);
  return Array.isArray(places) ? places.filter(isPlace) : [];
}

function isPlace(place: unknown): place is [JobId, number] {
  return Array.isArray(place) && typeof place[0] === 'string' && Number.isInteger(place[1]);
}
