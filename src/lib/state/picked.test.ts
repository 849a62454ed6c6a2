import { expect, test } from 'vitest';
import type { Job } from '../wire';
import { Picked } from './picked.svelte';

const jobs = ['5', '4', '3', '2', '1'].map((id) => ({ id }) as Job);
const ids = (picked: Picked) => picked.all.map(({ id }) => id).join('');

test('jobs are picked one by one, and from the last one to another', () => {
  const picked = new Picked();
  picked.toggle(jobs[1]!);
  picked.upTo(jobs[3]!, jobs);
  expect(ids(picked)).toBe('432');
  picked.toggle(jobs[2]!);
  expect(ids(picked)).toBe('42');
  expect(picked.has('3')).toBe(false);
  picked.upTo(jobs[0]!, jobs);
  expect(ids(picked)).toBe('5432');
  picked.clear();
  expect(picked.count).toBe(0);
  // Without a first one, it is this one alone.
  picked.upTo(jobs[4]!, jobs);
  expect(ids(picked)).toBe('1');
  // One that is not in the list begins nothing.
  picked.upTo({ id: '9' } as Job, jobs);
  expect(ids(picked)).toBe('91');
});
