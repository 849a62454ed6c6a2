import { expect, test } from 'vitest';
import type { CompareRun } from '../wire';
import { OPENED, segmentAt, segmentsOf } from './segments';

const NOTHING = new Map<string, number>();

function drawn(runs: CompareRun[], opened: ReadonlyMap<string, number> = NOTHING): string[] {
  return segmentsOf(runs, opened).map(
    ({ run, fold, row }) =>
      `${row}: ${fold === null ? run.side : 'fold'} ${run.old ?? '-'} ${run.new ?? '-'} ×${run.count}`,
  );
}

const same = (old: number, at: number, count: number): CompareRun => ({
  side: 'same',
  old,
  new: at,
  count,
});

test('what is the same is folded but for its edges', () => {
  const runs: CompareRun[] = [
    same(1, 1, 20),
    { side: 'removed', old: 21, new: null, count: 2 },
    same(23, 21, 9),
    { side: 'added', old: null, new: 30, count: 1 },
    same(32, 31, 100),
  ];
  expect(drawn(runs)).toEqual([
    '0: fold 1 1 ×17',
    '1: same 18 18 ×3',
    '4: removed 21 - ×2',
    '6: same 23 21 ×9',
    '15: added - 30 ×1',
    '16: same 32 31 ×3',
    '19: fold 35 34 ×97',
  ]);
});

test('a fold opens by steps and leaves no rest that hides nothing', () => {
  const runs: CompareRun[] = [{ side: 'added', old: null, new: 1, count: 2 }, same(1, 3, 12_000)];
  const name = segmentsOf(runs, NOTHING)[2]!.fold!;
  expect(drawn(runs, new Map([[name, OPENED]]))).toEqual([
    '0: added - 1 ×2',
    '2: same 1 3 ×3',
    '5: same 4 6 ×5000',
    '5005: fold 5004 5006 ×6997',
  ]);
  expect(drawn(runs, new Map([[name, 11_995]])).at(-1)).toBe('12000: same 11999 12001 ×2');
});

test('of a change that is too long to be looked at the rest is folded', () => {
  const runs: CompareRun[] = [{ side: 'removed', old: 1, new: null, count: 1_000_000 }];
  expect(drawn(runs)).toEqual(['0: removed 1 - ×500', '500: fold 501 - ×999500']);
  expect(drawn([{ side: 'removed', old: 1, new: null, count: 900 }])).toEqual([
    '0: removed 1 - ×900',
  ]);
});

test('each row is in its segment', () => {
  const runs: CompareRun[] = [same(1, 1, 20), { side: 'added', old: null, new: 21, count: 2 }];
  const segments = segmentsOf(runs, NOTHING);
  const at = [0, 1, 3, 4, 5, 99].map((row) => segmentAt(segments, row));
  expect(at).toEqual([0, 1, 1, 2, 2, 2]);
  expect(segmentAt([], 3)).toBe(0);
});
