import { expect, test } from 'vitest';
import { shownStatus } from './job';
import { aJob } from './testing/fake';

test('a job is shown as what it is doing just now, and as what became of it', () => {
  const shown = (job: Parameters<typeof aJob>[0]) => shownStatus(aJob(job));
  expect(shown({ status: 'queued' })).toBe('queued');
  expect(shown({ status: 'queued', host: 'web-01' })).toBe('connecting');
  expect(shown({ status: 'queued', host: 'web-01', waits: 'its turn' })).toBe('queued');
  expect(shown({ status: 'running', prompt: 'secret' })).toBe('waiting');
  expect(shown({ status: 'error', host: 'web-01', unreachable: 'refused' })).toBe('unreachable');
  expect(shown({ status: 'error', host: 'web-01' })).toBe('error');
});
