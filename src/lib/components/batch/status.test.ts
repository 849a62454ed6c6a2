import { expect, test } from 'vitest';
import type { Batch, BatchHost, HostState } from '$lib/wire';
import { statusOf } from './status';

const host = (state: HostState): BatchHost => ({
  name: state,
  state,
  wave: 0,
  job: null,
  checked: false,
  why: null,
});

const status = (states: HostState[], more: Partial<Batch> = {}) =>
  statusOf({ hosts: states.map(host), canceled: false, ...more } as Batch);

// By the rules of crates/orchestrator/src/batch/counts.rs, by which the server says it of lists.
test('a batch is as its hosts are', () => {
  expect(status(['done', 'queued'])).toBe('running');
  expect(status(['done', 'running', 'error'])).toBe('running');
  expect(status(['done', 'done'])).toBe('done');
  expect(status(['done', 'error'])).toBe('partial');
  expect(status(['done', 'held'])).toBe('partial');
  expect(status(['error', 'unreachable'])).toBe('error');
  expect(status(['done', 'canceled'], { canceled: true })).toBe('canceled');
  // All had ended before the cancel came.
  expect(status(['done', 'done'], { canceled: true })).toBe('done');
});

test('a check that is not over is something that runs', () => {
  const checking = { ...host('done'), check: 'id' };
  expect(statusOf({ hosts: [checking], canceled: false } as Batch)).toBe('running');
  expect(statusOf({ hosts: [{ ...checking, checked: true }], canceled: false } as Batch)).toBe(
    'done',
  );
});
