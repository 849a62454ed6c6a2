import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeWorld, settled, type Sent } from '$lib/testing/fake';
import { Feed, type Sink, TAIL } from './feed';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const JOB = '01890000-0000-7000-8000-000000000001';

/** A terminal that keeps what is written, and is done with it when the test says so. */
class FakeSink implements Sink {
  text = '';
  isLive = false;
  reports: string[] = [];
  readonly waiting: (() => void)[] = [];
  slow = false;

  write = (bytes: Uint8Array, then: () => void) => {
    this.text += new TextDecoder().decode(bytes);
    if (this.slow) this.waiting.push(then);
    else then();
  };
  skipped = () => void this.reports.push('skipped');
  live = (live: boolean) => void (this.isLive = live);
  ended = () => void this.reports.push('ended');
  failed = (why: string | null) => {
    if (why !== null) this.reports.push(why);
  };

  /** Is done with what waits. */
  drain(): void {
    for (const then of this.waiting.splice(0)) then();
  }
}

async function opened(fresh = false) {
  const world = new FakeWorld();
  const client = await world.connected();
  const sink = new FakeSink();
  const feed = new Feed(client, JOB, sink, fresh);
  feed.open();
  return { world, sink, feed, client };
}

/** Answers the latest subscription. */
function begin(world: FakeWorld, subscription: number, seq: number, live: number | null): void {
  const call = subscribing(world).at(-1)!;
  world.last.reply(call.id, { type: 'subscribed', with: { subscription, seq, live } });
}

function subscribing(world: FakeWorld): Sent[] {
  return world.last.sent.filter(({ request }) => request.type === 'subscribe');
}

const from = (world: FakeWorld) => subscribing(world).map(({ request }) => request);
const asks = (seq: number) => ({ type: 'subscribe', with: { job: JOB, seq, tail: TAIL } });

test('what was there is no news, and what comes then is', async () => {
  const { world, sink } = await opened();
  expect(from(world)).toEqual([asks(0)]);
  begin(world, 3, 0, 2);
  expect(sink.isLive).toBe(false);
  world.last.frame(3, [[0, 'a']]);
  expect(sink.isLive).toBe(false);
  world.last.frame(3, [[1, 'b']]);
  expect(sink.isLive).toBe(true);
  world.last.frame(3, [[2, 'c']]);
  expect(sink.text).toBe('abc');
});

test('what a terminal is still at is not yet behind it', async () => {
  const { world, sink } = await opened();
  sink.slow = true;
  begin(world, 3, 0, 1);
  world.last.frame(3, [[0, 'a']]);
  expect(sink.isLive).toBe(false);
  sink.drain();
  expect(sink.isLive).toBe(true);
});

test('all that a fresh job writes is news, but not what comes after a drop', async () => {
  const { world, sink, feed } = await opened(true);
  begin(world, 3, 0, 5);
  expect(sink.isLive).toBe(true);
  world.last.drop();
  expect(sink.isLive).toBe(false);
  await vi.advanceTimersByTimeAsync(100);
  world.last.open();
  feed.resume();
  begin(world, 1, 0, 6);
  expect(sink.isLive).toBe(false);
});

test('after a drop it goes on behind the last chunk, and a double is dropped', async () => {
  const { world, sink, feed } = await opened();
  begin(world, 3, 0, 0);
  world.last.frame(3, [
    [0, 'a'],
    [1, 'b'],
  ]);
  world.last.drop();
  await vi.advanceTimersByTimeAsync(100);
  world.last.open();
  feed.resume();
  expect(from(world)).toEqual([asks(2)]);
  begin(world, 1, 2, 3);
  world.last.frame(1, [
    [1, 'b'],
    [2, 'c'],
  ]);
  expect(sink.text).toBe('abc');
  expect(sink.reports).toEqual([]);
  // Frames of the previous socket belong to no subscription.
  world.sockets[0]!.frame(3, [[3, 'x']]);
  expect(sink.text).toBe('abc');
});

test('after a drop the request is sent again on resume', async () => {
  const { world, sink, feed } = await opened();
  world.last.drop();
  await settled();
  await vi.advanceTimersByTimeAsync(100);
  world.last.open();
  feed.resume();
  expect(from(world)).toEqual([asks(0)]);
  begin(world, 1, 0, null);
  world.last.frame(1, [[0, 'a']]);
  expect(sink.text).toBe('a');
});

test('at most a megabyte waits, and nothing of the rest is lost', async () => {
  const { world, sink } = await opened();
  sink.slow = true;
  begin(world, 1, 0, 0);
  const piece = 'x'.repeat(256 * 1024);
  for (let seq = 0; seq < 8; seq++) world.last.frame(1, [[seq, piece]]);
  expect(sink.text.length).toBe(4 * piece.length);
  expect(sink.isLive).toBe(false);
  expect(world.requests.at(-1)).toEqual({ type: 'unsubscribe', with: { subscription: 1 } });
  for (const then of sink.waiting.splice(0, 2)) then();
  expect(subscribing(world)).toHaveLength(1);
  sink.drain();
  expect(from(world)).toEqual([asks(0), asks(4)]);
  begin(world, 2, 4, 8);
  for (let seq = 4; seq < 8; seq++) world.last.frame(2, [[seq, piece]]);
  expect(sink.text.length).toBe(8 * piece.length);
  sink.drain();
  expect(sink.isLive).toBe(true);
});

test('what is left out is reported, at the start and later', async () => {
  const { world, sink } = await opened(true);
  begin(world, 1, 40, 50);
  expect(sink.reports).toEqual(['skipped']);
  expect(sink.isLive).toBe(false);
  world.last.frame(1, [[40, 'a']]);
  expect(sink.text).toBe('a');
});

test('the end is reported once all of it is written', async () => {
  const { world, sink } = await opened();
  sink.slow = true;
  begin(world, 1, 0, null);
  world.last.frame(1, [[0, 'a']]);
  world.last.tell({ type: 'subscription_ended', with: { subscription: 1, why: null } });
  expect(sink.reports).toEqual([]);
  sink.drain();
  expect(sink.reports).toEqual(['ended']);
  expect(sink.isLive).toBe(false);
});

test('a problem is reported, and it goes on after resume', async () => {
  const { world, sink, feed } = await opened();
  begin(world, 1, 0, 0);
  const why = 'failed to read the spool';
  world.last.tell({ type: 'subscription_ended', with: { subscription: 1, why } });
  expect(sink.reports).toEqual([why]);
  feed.resume();
  expect(subscribing(world)).toHaveLength(2);
});

test('closed, it hears of nothing and leaves nothing open', async () => {
  const { world, sink, feed } = await opened();
  feed.close();
  begin(world, 1, 0, 0);
  expect(world.requests.at(-1)).toEqual({ type: 'unsubscribe', with: { subscription: 1 } });
  world.last.frame(1, [[0, 'a']]);
  expect(sink.text).toBe('');
});
