import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CallFailed, type Link } from './client';
import { NoDoor } from './socket';
import { FakeWorld } from './testing/fake';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('calls', () => {
  test('the token goes into the subprotocols and not into the address', async () => {
    const world = new FakeWorld();
    await world.connected();
    expect(world.last.protocols).toEqual(['vmo.v1', 'auth.T']);
    expect(world.last.url).toBe('ws://127.0.0.1:1/ws');
  });

  test('answers reach the call they belong to, in whatever order they come', async () => {
    const world = new FakeWorld();
    const client = await world.connected();
    const first = client.ask({ settings: { type: 'settings' } }, 'settings');
    const second = client.ask({ catalog: { type: 'overview' } }, 'overview');
    const [a, b] = world.last.sent.map((call) => call.id);
    world.last.reply(b!, { type: 'overview', with: { version: '1' } as never });
    world.last.reply(a!, { type: 'settings', with: { max_jobs: 3 } as never });
    expect((await second).version).toBe('1');
    expect((await first).max_jobs).toBe(3);
  });

  test('a failure keeps its code and its words', async () => {
    const world = new FakeWorld();
    const client = await world.connected();
    const call = client.tell({ catalog: { type: 'trust_project', with: { name: 'x' } } });
    const failure = { code: 'not_found', message: 'no project is called x' } as const;
    world.last.say({ failed: { id: 1, failure } });
    await expect(call).rejects.toMatchObject(failure);
  });

  test('an answer of another type is a failure, not a wrong value', async () => {
    const world = new FakeWorld();
    const client = await world.connected();
    const call = client.ask({ settings: { type: 'settings' } }, 'settings');
    world.last.reply(1, { type: 'ok' });
    await expect(call).rejects.toBeInstanceOf(CallFailed);
  });

  test('without a connection a call fails at once and is not sent later', async () => {
    const world = new FakeWorld();
    const client = world.client();
    await client.connect();
    await expect(client.tell({ catalog: { type: 'overview' } })).rejects.toMatchObject({
      code: 'disconnected',
    });
    world.last.open();
    expect(world.last.sent).toEqual([]);
  });
});

describe('a dropped connection', () => {
  test('fails what was waiting, comes back, and says so', async () => {
    const world = new FakeWorld();
    const client = await world.connected();
    const call = client.tell({ catalog: { type: 'overview' } });
    world.last.drop();
    await expect(call).rejects.toMatchObject({ code: 'disconnected' });
    await vi.advanceTimersByTimeAsync(100);
    expect(world.sockets).toHaveLength(2);
    world.last.open();
    expect(world.links).toEqual(['connecting', 'open', 'away', 'open']);
  });

  test('waits twice as long each time, up to five seconds', async () => {
    const world = new FakeWorld();
    await world.connected();
    const pauses: number[] = [];
    for (let i = 0; i < 9; i++) {
      const before = world.sockets.length;
      const start = Date.now();
      world.last.drop();
      while (world.sockets.length === before) await vi.advanceTimersByTimeAsync(50);
      pauses.push(Date.now() - start);
    }
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
  });

  test('after a good connection the first pause is short again', async () => {
    const world = new FakeWorld();
    await world.connected();
    world.last.drop();
    await vi.advanceTimersByTimeAsync(100);
    world.last.drop();
    await vi.advanceTimersByTimeAsync(200);
    world.last.open();
    world.last.drop();
    await vi.advanceTimersByTimeAsync(100);
    expect(world.sockets).toHaveLength(4);
  });

  test('a socket that cannot even be made is tried again', async () => {
    const world = new FakeWorld();
    const make = world.socket;
    world.socket = () => {
      throw new Error('a policy forbids it');
    };
    await world.client().connect();
    world.socket = make;
    await vi.advanceTimersByTimeAsync(100);
    expect(world.sockets).toHaveLength(1);
  });

  test('the reason for no socket is reported', async () => {
    const world = new FakeWorld();
    world.door = async () => {
      throw new Error('the data folder cannot be written');
    };
    const client = world.client();
    const links: Link[] = [];
    client.onlink = (link) => links.push(link);
    await client.connect();
    expect(links.at(-1)).toEqual({ state: 'away', why: 'the data folder cannot be written' });
  });

  test('a closed client stays closed', async () => {
    const world = new FakeWorld();
    const client = await world.connected();
    client.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(world.sockets).toHaveLength(1);
  });
});

describe('a silent server', () => {
  test('is asked for a sign of life, and is away within ten seconds if it gives none', async () => {
    const world = new FakeWorld();
    await world.connected();
    const silent = world.last;
    await vi.advanceTimersByTimeAsync(4000);
    expect(silent.sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(5000);
    expect(world.links).toEqual(['connecting', 'open', 'away']);
    await vi.advanceTimersByTimeAsync(100);
    world.last.open();
    expect(world.links.at(-1)).toBe('open');
  });

  test('that answers, or sends anything at all, is there', async () => {
    const world = new FakeWorld();
    await world.connected();
    for (let times = 0; times < 5; times++) {
      await vi.advanceTimersByTimeAsync(4000);
      const { id } = world.last.sent.at(-1)!;
      await vi.advanceTimersByTimeAsync(4000);
      world.last.reply(id, { type: 'settings', with: {} as never });
    }
    await vi.advanceTimersByTimeAsync(3000);
    world.last.tell({ type: 'problems', with: { problems: [] } });
    await vi.advanceTimersByTimeAsync(3900);
    expect(world.links).toEqual(['connecting', 'open']);
    expect(world.last.sent).toHaveLength(5);
  });
});

describe('what is insisted on', () => {
  const cancel = { job: { type: 'cancel', with: { job: 'j', force: false } } } as const;

  test('is sent again if the connection dropped before the answer', async () => {
    const world = new FakeWorld();
    const client = await world.connected();
    const done = client.insist(cancel);
    world.last.drop();
    await vi.advanceTimersByTimeAsync(100);
    world.last.open();
    await vi.advanceTimersByTimeAsync(0);
    const [again] = world.last.sent;
    expect(again?.request).toEqual(cancel.job);
    world.last.reply(again!.id, { type: 'ok' });
    await expect(done).resolves.toBeUndefined();
  });

  test('waits for a connection that is away, and fails after two minutes without', async () => {
    const world = new FakeWorld();
    const client = await world.connected();
    world.last.drop();
    const failed = expect(client.insist(cancel)).rejects.toMatchObject({ code: 'disconnected' });
    await vi.advanceTimersByTimeAsync(120_000);
    await failed;
  });

  test('that the server refuses is not asked again', async () => {
    const world = new FakeWorld();
    const client = await world.connected();
    const done = client.insist(cancel);
    const failure = { code: 'not_found', message: 'no such job' } as const;
    world.last.say({ failed: { id: world.last.sent[0]!.id, failure } });
    await expect(done).rejects.toMatchObject(failure);
    expect(world.last.sent).toHaveLength(1);
  });
});

describe('no way in', () => {
  test('without a door it says why and does not try again', async () => {
    const world = new FakeWorld();
    world.door = async () => {
      throw new NoDoor('open the link');
    };
    await world.client().connect();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(world.links).toEqual(['connecting', 'shut']);
  });

  test('a restarted server refuses our token: after some attempts the page says so', async () => {
    const world = new FakeWorld();
    world.refused = async () => new NoDoor('an earlier launch');
    await world.connected();
    for (let i = 0; i < 3; i++) {
      world.last.drop();
      await vi.advanceTimersByTimeAsync(5000);
    }
    expect(world.links.at(-1)).toBe('shut');
    expect(world.sockets).toHaveLength(3);
  });
});
