import { expect, test } from 'vitest';
import { keepFields, keepOf, outdatedWords } from './retention';

const nothing = { days: '', jobs: '', size: '' };

test('a rule is typed as people write numbers and sizes', () => {
  expect(keepOf(nothing)).toEqual({ days: null, jobs: null, mebibytes: null });
  expect(keepOf({ days: ' 90', jobs: '10,000', size: '20 GiB' })).toEqual({
    days: 90,
    jobs: 10_000,
    mebibytes: 20 * 1024,
  });
  for (const [typed, mebibytes] of [
    ['1.5', 1536],
    ['500 MB', 500],
    ['500m', 500],
    ['2T', 2 * 1024 ** 2],
  ] as const)
    expect(keepOf({ ...nothing, size: typed })).toMatchObject({ mebibytes });
});

test('what is no rule is named', () => {
  for (const days of ['0', '-3', '1.5', 'soon', '99999999999'])
    expect(keepOf({ ...nothing, days })).toContain('Days:');
  expect(keepOf({ ...nothing, jobs: '0' })).toContain('Jobs:');
  for (const size of ['0', 'much', '3 X', '0.0001 MiB'])
    expect(keepOf({ ...nothing, size })).toContain('Size:');
});

test('a rule is shown as it can be typed again', () => {
  for (const mebibytes of [1, 500, 1024, 20 * 1024, null])
    expect(keepOf(keepFields({ days: 7, jobs: null, mebibytes }))).toEqual({
      days: 7,
      jobs: null,
      mebibytes,
    });
});

test('what would go is said with what stays', () => {
  const span: [string, string] = ['2024-03-01T10:00:00Z', '2024-03-05T10:00:00Z'];
  expect(outdatedWords({ jobs: 0, bytes: 0, span: null, stay: 0 })).toBe(
    'Drops nothing of what there is now.',
  );
  const words = outdatedWords({ jobs: 2, bytes: 2048, span, stay: 1 });
  expect(words).toMatch(
    /^Drops 2 jobs with 2.* of log now, from .*March.* to .*March.*\. 1 more stay/,
  );
});
