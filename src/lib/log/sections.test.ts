import { expect, test } from 'vitest';
import type { Section } from '../wire';
import { hasLines, sectionState, wentWell } from './sections';

const AT = Date.parse('2026-11-23T14:00:00Z');
const begun: Section = {
  first: 3,
  last: null,
  depth: 0,
  of: 'recipe',
  name: 'docker push',
  failed: false,
  began_at: AT * 1000,
  ended_at: null,
};
const ended: Section = { ...begun, last: 9, ended_at: (AT + 2000) * 1000 };
const now = () => AT + 7000;
const job = (status: 'running' | 'done' | 'error' | 'canceled') => ({
  status,
  finished_at: status === 'running' ? null : '2026-11-23T14:00:05Z',
});

test('one that has ended says how and how long, whatever its job does', () => {
  expect(sectionState(ended, job('running'), now)).toEqual({ status: 'done', ms: 2000 });
  const failed = { ...ended, failed: true };
  expect(sectionState(failed, job('error'), now)).toEqual({ status: 'error', ms: 2000 });
});

test('the last line of a recipe runs until its job is over, and ended as that did', () => {
  expect(sectionState(begun, job('running'), now)).toEqual({ status: 'running', ms: 7000 });
  expect(sectionState(begun, job('done'), now)).toEqual({ status: 'done', ms: 5000 });
  expect(sectionState(begun, job('canceled'), now)).toEqual({ status: null, ms: 5000 });
  const failed = { ...begun, failed: true };
  expect(sectionState(failed, job('error'), now)).toEqual({ status: 'error', ms: 5000 });
});

test('of a make that never left its folder nothing is known', () => {
  const folder: Section = { ...begun, of: 'folder', name: '/a' };
  expect(sectionState(folder, job('canceled'), now)).toEqual({ status: null, ms: null });
});

test('what went well can be folded, but for what hides an error', () => {
  const second = { ...ended, first: 10, last: 20 };
  const failed = { ...ended, first: 21, last: 30, failed: true };
  const empty = { ...ended, first: 31, last: 31 };
  const folder: Section = { ...ended, first: 32, last: 40, of: 'folder' };
  const errors = [{ line: 12, spot: null }];
  expect(wentWell([ended, second, failed, empty, folder, begun], errors)).toEqual([3]);
  expect([ended, empty, begun].map(hasLines)).toEqual([true, false, true]);
});
