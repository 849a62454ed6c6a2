import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { aLine, FakeWorld, settled, type Sent } from '$lib/testing/fake';
import type { Hit, Reply } from '$lib/wire';
import { Find } from './find.svelte';
import { NearHits } from './hit-lines.svelte';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const hit = (line: number, start = 0): Hit => ({ line, start, end: start + 3 });

/** A find in a window at line 10. */
async function open(answers: Partial<Record<string, (call: Sent) => Reply>> = {}) {
  const world = new FakeWorld();
  const client = await world.connected();
  world.last.answer = (call) =>
    world.last.reply(call.id, answers[call.request.type]?.(call) ?? { type: 'ok' });
  const revealed: number[] = [];
  const find = new Find(client, 'job', {
    top: () => 10,
    reveal: (line) => revealed.push(line),
    changed: () => undefined,
    turn: (change) => change(),
  });
  find.summon();
  const requests = (type: string) => world.requests.filter((request) => request.type === type);
  const number = () => {
    const last = requests('find').at(-1);
    return last?.type === 'find' ? last.with.find : 0;
  };
  const came = (hits: number, caught_up: boolean) =>
    find.found({ find: number(), hits, lines: 0, caught_up, complete: false, why: null });
  return { world, find, revealed, requests, number, came };
}

async function type(find: Find, text: string) {
  find.type(text);
  await vi.advanceTimersByTimeAsync(200);
  await settled();
}

test('a find begins once the hand rests, and ends the one before', async () => {
  const { find, requests, number } = await open();
  for (const text of ['f', 'fo', 'foo']) find.type(text);
  await vi.advanceTimersByTimeAsync(200);
  expect(requests('find')).toHaveLength(1);
  const first = number();
  await type(find, 'food');
  expect(number()).not.toBe(first);
  expect(requests('end_find')).toEqual([{ type: 'end_find', with: { find: first } }]);
  await type(find, '');
  expect(requests('end_find')).toHaveLength(2);
  expect(requests('find')).toHaveLength(2);
});

test('the first hit from the top of the window is gone to, and the ones after it by keys', async () => {
  let at = 0;
  const hits = [hit(12), hit(40), hit(3)];
  const { find, revealed, requests, came } = await open({
    hit: () => ({ type: 'hit', with: { hit: hits[at]!, index: ++at, row: 0 } }),
  });
  await type(find, 'foo');
  came(3, false);
  await settled();
  expect(requests('hit')[0]).toMatchObject({ with: { line: 9, back: false } });
  expect([find.index, find.current?.line]).toEqual([1, 12]);
  await find.step(false);
  expect(requests('hit')[1]).toMatchObject({ with: { line: 12, start: 0, back: false } });
  await find.step(true);
  expect(requests('hit')[2]).toMatchObject({ with: { line: 40, back: true } });
  expect(revealed).toEqual([12, 40, 3]);
});

test('what is found while a person reads on does not move the window', async () => {
  const { find, revealed, came } = await open({
    hit: () => ({ type: 'hit', with: { hit: null, index: 0, row: 0 } }),
  });
  await type(find, 'foo');
  came(0, true);
  await settled();
  came(2, true);
  await settled();
  expect(revealed).toEqual([]);
  expect(find.hits.count).toBe(2);
});

test('answers to an earlier find are not taken', async () => {
  const { find, number } = await open();
  await type(find, 'foo');
  const before = number();
  await type(find, 'bar');
  find.found({ find: before, hits: 9, lines: 0, caught_up: true, complete: true, why: null });
  expect(find.hits.count).toBe(0);
});

test('a bad expression is reported, until something else is typed', async () => {
  const { world, find } = await open();
  world.last.answer = (call) => {
    const failure = { code: 'refused' as const, message: 'unclosed group, at character 1' };
    world.last.say({ failed: { id: call.id, failure } });
  };
  await type(find, '(');
  expect(find.problem).toBe('unclosed group, at character 1');
  world.last.answer = (call) => world.last.reply(call.id, { type: 'ok' });
  await type(find, 'a');
  expect(find.problem).toBeNull();
});

test('the hits of the lines on screen are asked for once, and again when there are more', async () => {
  const { find, requests, came } = await open({
    hits: () => ({ type: 'hits', with: { hits: [hit(20), hit(20, 5), hit(21)] } }),
  });
  await type(find, 'foo');
  came(3, true);
  find.hits.want(10, 40);
  await settled();
  expect(find.in(20)).toHaveLength(2);
  expect(find.in(22)).toEqual([]);
  find.hits.want(11, 41);
  await settled();
  expect(requests('hits')).toHaveLength(1);
  came(4, true);
  find.hits.want(11, 41);
  await settled();
  expect(requests('hits')).toHaveLength(2);
});

test('a hit that another page has found is gone to, once the log is in a window', async () => {
  const { find, requests, revealed, number, came } = await open({
    hit: () => ({ type: 'hit', with: { hit: hit(70), index: 4, row: 0 } }),
  });
  find.look({ text: 'foo', case: true, word: false, regex: false }, 70);
  expect([find.open, find.text, requests('find')]).toEqual([true, 'foo', []]);
  // As the window does that opens.
  find.begin();
  expect(number()).toBeGreaterThan(0);
  came(9, false);
  await settled();
  expect(requests('hit')[0]).toMatchObject({ with: { line: 69, back: false } });
  expect(revealed).toEqual([70]);
});

test('after a drop the same is looked for again', async () => {
  const { find, requests } = await open();
  await type(find, 'foo');
  find.begin();
  expect(requests('find')).toHaveLength(2);
  find.close();
  find.begin();
  expect(requests('find')).toHaveLength(2);
});

test('of lines near hits so long that an answer holds few of them, all come', async () => {
  const world = new FakeWorld();
  const client = await world.connected();
  const total = 130;
  world.last.answer = ({ id, request }) => {
    if (request.type !== 'hit_lines') throw new Error(request.type);
    const { skip, count } = request.with;
    const few = Math.min(count, 30, total - skip);
    const lines = Array.from({ length: few }, (_, i) => aLine(10 * (skip + i + 1)));
    const hits = lines.map(({ number }) => hit(number));
    world.last.reply(id, { type: 'hit_lines', with: { lines, hits, total } });
  };
  const near = new NearHits(client, 3, () => undefined);
  near.reset(1);
  await near.load();
  near.want(95, 35);
  await settled();
  await settled();
  const numbers = Array.from({ length: total }, (_, row) => near.get(row)?.number);
  expect(numbers).toEqual(Array.from({ length: total }, (_, row) => 10 * (row + 1)));
  expect(near.hits.get(1300)).toEqual([hit(1300)]);
  expect(near.get(total)).toBeUndefined();
});
