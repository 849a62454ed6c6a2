import { describe, expect, test } from 'vitest';
import { type HostEntry, isWanted, roundTrip, sortHosts } from './host';
import { aHost, aJob } from './testing/fake';

const ENTRY = (name: string, more: Partial<HostEntry> = {}): HostEntry => ({
  host: aHost({ name }),
  reach: undefined,
  last: undefined,
  running: 0,
  ...more,
});
const names = (rows: HostEntry[]) => rows.map(({ host }) => host.name);

describe('a list of hosts', () => {
  test('each word is in a name, an address or a tag; a tag is looked for by its beginning', () => {
    const host = aHost({ name: 'web-1', user: 'ada', hostname: '10.0.0.5', tags: ['eu', 'prod'] });
    for (const wanted of ['', 'WEB', 'web 10.0', 'ada@', '@eu', '@pr web']) {
      expect(isWanted(host, wanted), wanted).toBe(true);
    }
    for (const unwanted of ['web-2', '@rod', '@eu db', 'eux']) {
      expect(isWanted(host, unwanted), unwanted).toBe(false);
    }
    expect(isWanted({ ...host, production: true }, '@production')).toBe(true);
  });

  test('numbers in names are numbers, and what has to be seen to comes first by state', () => {
    const at = (state: 'up' | 'down' | 'unreachable', round_trip_us: number | null = null) => ({
      reach: { host: '', state, at: '', round_trip_us, server: null, why: null },
    });
    const rows = [
      ENTRY('web-10', at('up', 900)),
      ENTRY('web-9', at('up', 100)),
      ENTRY('db', at('down')),
      ENTRY('cache', at('unreachable')),
      ENTRY('new'),
    ];
    expect(names(sortHosts(rows, 'name', false))).toEqual([
      'cache',
      'db',
      'new',
      'web-9',
      'web-10',
    ]);
    expect(names(sortHosts(rows, 'name', true))[0]).toBe('web-10');
    expect(names(sortHosts(rows, 'state', false))).toEqual([
      'cache',
      'db',
      'new',
      'web-9',
      'web-10',
    ]);
  });

  test('by its last job, the newest first and those without one last', () => {
    const then = (queued_at: string) => ({ last: aJob({ queued_at }) });
    const rows = [
      ENTRY('none'),
      ENTRY('old', then('2026-01-01T00:00:00Z')),
      ENTRY('new', then('2026-02-01T00:00:00Z')),
    ];
    expect(names(sortHosts(rows, 'last', false))).toEqual(['new', 'old', 'none']);
  });

  test('a round trip is as exact as it is worth', () => {
    expect([40, 400, 9_000, 12_300, 1_200_000].map(roundTrip)).toEqual([
      '<0.1 ms',
      '0.4 ms',
      '9.0 ms',
      '12 ms',
      '1.2 s',
    ]);
  });
});
