import { afterEach, describe, expect, test, vi } from 'vitest';
import { aJob } from '../testing/fake';
import { labelOfJob, Tabs } from './tabs.svelte';

/** Storage as a browser has it, with what was there before. */
function storage(before: Record<string, string>): Map<string, string> {
  const kept = new Map(Object.entries(before));
  vi.stubGlobal('sessionStorage', {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => kept.set(name, value),
  });
  return kept;
}

afterEach(() => vi.unstubAllGlobals());

describe('tabs', () => {
  test('a closed one gives its neighbour', () => {
    const tabs = new Tabs();
    for (const tab of ['a', 'b', 'c', 'b']) tabs.open(tab);
    expect(tabs.all).toEqual(['a', 'b', 'c']);
    expect(tabs.close('b')).toBe('c');
    expect(tabs.close('c')).toBe('a');
    expect(tabs.close('a')).toBeUndefined();
  });

  test('a closed one is opened again in its place, the last one first', () => {
    const tabs = new Tabs();
    for (const tab of ['a', 'b', 'c']) tabs.open(tab);
    tabs.close('b');
    tabs.close('a');
    expect([tabs.reopen(), tabs.reopen(), tabs.reopen()]).toEqual(['a', 'b', undefined]);
    expect(tabs.all).toEqual(['a', 'b', 'c']);
    expect([1, 3, 4, 9].map((number) => tabs.numbered(number))).toEqual(['a', 'c', undefined, 'c']);
  });

  test('one in the place of another keeps its place, and the other can be opened again', () => {
    const tabs = new Tabs();
    for (const tab of ['a', 'b', 'c']) tabs.open(tab);
    tabs.replace('b', 'b2');
    expect(tabs.all).toEqual(['a', 'b2', 'c']);
    expect(tabs.reopen()).toBe('b');
    tabs.replace('gone', 'd');
    expect(tabs.all).toEqual(['a', 'b', 'b2', 'c', 'd']);
  });

  test('one is moved among the others, and not beyond them', () => {
    const tabs = new Tabs();
    for (const tab of ['a', 'b', 'c']) tabs.open(tab);
    tabs.move('a', 1);
    expect(tabs.all).toEqual(['b', 'a', 'c']);
    tabs.move('b', 9);
    expect(tabs.all).toEqual(['a', 'c', 'b']);
    tabs.move('b', -3);
    expect(tabs.all).toEqual(['b', 'a', 'c']);
  });

  test('values that were given tell tabs of one target apart', () => {
    const of = (variables: [string, string | null][]) =>
      labelOfJob(aJob({ project: 'infra', target: 'apply', targets: ['apply'], variables })).place;
    expect(of([])).toBe('infra');
    expect(of([['ENV', 'staging']])).toBe('ENV=staging');
    expect(
      of([
        ['ENV', 'dev'],
        ['TOKEN', null],
      ]),
    ).toBe('ENV=dev TOKEN=…');
  });

  test('after a restart the one that was looked at last is known, if it is still open', () => {
    storage({});
    const before = new Tabs();
    for (const tab of ['a', 'b', 'a']) before.open(tab);
    expect(new Tabs().last).toBe('a');
    before.close('a');
    expect(new Tabs().last).toBeUndefined();
  });

  test('after a restart each says what it said, before anything is asked', () => {
    storage({});
    const job = aJob({ status: 'done' });
    const before = new Tabs();
    before.open(job.id);
    before.keepLabel(job.id, labelOfJob(job));
    const after = new Tabs();
    expect(after.all).toEqual([job.id]);
    expect(after.label(job.id)).toEqual(labelOfJob(job));
    expect(after.label(job.id)?.ended).toBe('done');
  });

  test('of a closed one nothing is kept', () => {
    const kept = storage({});
    const tabs = new Tabs();
    tabs.open('a');
    tabs.keepLabel('a', labelOfJob(aJob()));
    tabs.close('a');
    expect(kept.get('vmo.tabs.labels')).toBe('{}');
  });

  test('what cannot be read is no tab', () => {
    storage({ 'vmo.tabs': '{"a":', 'vmo.tabs.labels': '[1,null]' });
    const tabs = new Tabs();
    expect(tabs.all).toEqual([]);
    expect(tabs.label('0')).toBeUndefined();
    storage({ 'vmo.tabs': '["a", 7, null]', 'vmo.tabs.labels': '{"a":{"title":1}}' });
    const others = new Tabs();
    expect(others.all).toEqual(['a']);
    expect(others.label('a')).toBeUndefined();
  });
});
