import { expect, test } from 'vitest';
import { type TabRow, tabsWith } from './known';

test('tabs are found by words in any order, of what they say and of where they are', () => {
  const row = (title: string, place: string): TabRow => ({
    tab: title,
    label: { title, place, isCommand: false, isOnHost: false, ended: null },
    status: null,
  });
  const rows = [row('apply', 'infra'), row('apply', 'shop'), row('uptime', 'web-01')];
  const places = (text: string) => tabsWith(rows, text).map(({ label }) => label?.place);
  expect(places('')).toEqual(['infra', 'shop', 'web-01']);
  expect(places(' INFRA app ')).toEqual(['infra']);
  expect(places('apply')).toEqual(['infra', 'shop']);
  expect(places('nothing')).toEqual([]);
});
