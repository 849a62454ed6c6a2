import { expect, test } from 'vitest';
import { FakeWorld, settled } from '$lib/testing/fake';
import { Typist } from './typist';

const JOB = '01890000-0000-7000-8000-000000000001';

async function typist() {
  const world = new FakeWorld();
  const reports: (string | null)[] = [];
  const typist = new Typist(await world.connected(), JOB, (problem) => reports.push(problem));
  return { world, typist, reports };
}

test('one call at a time, and what is typed meanwhile goes together', async () => {
  const { world, typist: hand } = await typist();
  for (const letter of 'abc') hand.type(letter);
  hand.resize(24, 80);
  hand.resize(25, 80);
  expect(world.requests).toHaveLength(1);
  world.last.answer = (call) => world.last.reply(call.id, { type: 'ok' });
  world.last.reply(1, { type: 'ok' });
  await settled();
  expect(world.requests).toEqual([
    { type: 'input', with: { job: JOB, text: 'a', end: false } },
    { type: 'resize', with: { job: JOB, rows: 25, cols: 80 } },
    { type: 'input', with: { job: JOB, text: 'bc', end: false } },
  ]);
});

test('a paste goes in pieces, none of which cuts a character or is too large', async () => {
  const { world, typist: hand, reports } = await typist();
  world.last.answer = (call) => world.last.reply(call.id, { type: 'ok' });
  const paste = `x${'\u{1f600}'.repeat(20_000)}`;
  hand.type(paste);
  await expect.poll(() => reports).toEqual([null]);
  const pieces = world.requests.map((call) => (call.type === 'input' ? call.with.text : ''));
  expect(pieces.join('')).toBe(paste);
  expect(pieces.length).toBeGreaterThan(3);
  for (const piece of pieces) {
    expect(piece.isWellFormed()).toBe(true);
    expect(JSON.stringify(piece).length).toBeLessThan(60_000);
  }
});

test('too much is refused whole, and says so', async () => {
  const { world, typist: hand, reports } = await typist();
  hand.type('x'.repeat(2 * 1024 * 1024));
  expect(world.requests).toEqual([]);
  expect(reports).toEqual(['this is too much to paste at once']);
});

test('what could not be typed is not typed later', async () => {
  const { world, typist: hand, reports } = await typist();
  hand.type('rm ');
  hand.type('-rf x');
  world.last.say({ failed: { id: 1, failure: { code: 'refused', message: 'the job is over' } } });
  await settled();
  expect(world.requests).toHaveLength(1);
  expect(reports).toEqual(['the job is over']);
});
