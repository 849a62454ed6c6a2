import { expect, test } from 'vitest';
import { aTarget, aVariable } from '$lib/testing/fake';
import type { Scan } from '$lib/wire';
import { nameWith, stemOf, targetCalled } from './launch/pattern';
import { asksFirst, groups, variablesOf } from './projects.svelte';

const SCAN: Scan = {
  targets: [
    aTarget('status', { group: 'Look' }),
    aTarget('create', { group: 'Change' }),
    aTarget('destroy', { group: 'Change' }),
    aTarget('logs', { group: 'Look' }),
    aTarget('out.o', { listed: false }),
  ],
  variables: [],
  default_goal: null,
  problems: [],
  hints: [],
  dotenv_sample: null,
};

test('targets are grouped in the order of the makefile', () => {
  const named = groups(SCAN).map(({ name, targets }) => [name, targets.map((each) => each.name)]);
  expect(named).toEqual([
    ['Look', ['status', 'logs']],
    ['Change', ['create', 'destroy']],
  ]);
});

test('variables are in order: with a comment, with ?=, needed, set nowhere, the rest', () => {
  const variables = [
    aVariable('rest', { optional: false }),
    aVariable('UNSET', { optional: false, need: 'unset' }),
    aVariable('NEEDED', { optional: false, need: 'guarded' }),
    aVariable('SET'),
    aVariable('SAID', { doc: 'what it is' }),
    aVariable('UNUSED', { doc: 'of another target' }),
  ];
  const target = aTarget('all', { uses: ['rest', 'UNSET', 'NEEDED', 'SET', 'SAID'] });
  const order = variablesOf({ ...SCAN, variables }, target).map(({ name }) => name);
  expect(order).toEqual(['SAID', 'SET', 'NEEDED', 'UNSET', 'rest']);
});

test('a name is the target called so, else the pattern that fits it most closely', () => {
  const patterns = ['test-%', '%-api', 'test-unit-%'].map((name) =>
    aTarget(name, { pattern: true }),
  );
  const scan = { ...SCAN, targets: [aTarget('test-all'), aTarget('odd%'), ...patterns] };
  const called = (name: string) => targetCalled(scan, name)?.name;
  expect(['test-all', 'test-x', 'test-unit-x', 'odd%', 'oddly', 'test-'].map(called)).toEqual([
    'test-all',
    'test-%',
    'test-unit-%',
    'odd%',
    undefined,
    undefined,
  ]);
  expect(stemOf(patterns[1]!, 'web-api')).toBe('web');
  expect(nameWith(patterns[0]!, '$&')).toBe('test-$&');
  expect(asksFirst(patterns[0]!)).toBe(true);
});
