import { beforeEach, describe, expect, test, vi } from 'vitest';
import { BLOCK } from '$lib/log/blocks';
import { ROW } from '$lib/log/rows-in-sight';
import { rowOf, USUAL_TEXT } from '$lib/log/text-size';
import { View } from '../appearance.svelte';
import { aJob, aLine, FakeWorld, settled, type Sent } from '$lib/testing/fake';
import type { Line, Outline, Section, Status } from '$lib/wire';
import type { Taste } from './gutter.svelte';
import { LogView } from './view.svelte';

const HEIGHT = 700;
let frames: (() => void)[] = [];

beforeEach(() => {
  frames = [];
  vi.stubGlobal('requestAnimationFrame', (draw: () => void) => frames.push(draw));
});

/** What the browser does sixty times a second. */
async function frame(): Promise<void> {
  for (let i = 0; i < 4; i++) {
    await settled();
    const due = frames;
    frames = [];
    for (const draw of due) draw();
  }
  await settled();
}

/** A log on the server, of numbered lines. */
async function open(
  status: Status,
  lines: number,
  complete: boolean,
  change: (server: { outline: Outline; line: (n: number) => Line }) => void = () => undefined,
  taste?: Taste,
) {
  const world = new FakeWorld();
  const client = await world.connected();
  const outline: Outline = { errors: [], sections: [], lines, cut: false };
  const server = { lines, complete, outline, line: (number: number): Line => aLine(number) };
  change(server);
  world.last.answer = (call) => answer(world, server, call);
  const view = new LogView(client, aJob({ status }), taste);
  view.scroll.resize(HEIGHT);
  view.attach();
  await frame();
  const grow = (by: number, tail = 43) => {
    server.lines += by;
    const first = Math.max(1, server.lines - tail + 1);
    const last = Array.from({ length: server.lines - first + 1 }, (_, i) => server.line(first + i));
    const extent = { lines: server.lines, bytes: 0, complete: server.complete };
    view.source.grew({ job: view.job, extent, tail: tail === 0 ? [] : last });
  };
  const requests = (type: string) => world.requests.filter((request) => request.type === type);
  return { world, view, server, grow, requests };
}

function answer(
  world: FakeWorld,
  server: { lines: number; complete: boolean; outline: Outline; line: (n: number) => Line },
  call: Sent,
) {
  const { request } = call;
  const extent = { lines: server.lines, bytes: 0, complete: server.complete };
  if (request.type === 'follow') world.last.reply(call.id, { type: 'extent', with: extent });
  else if (request.type === 'lines') {
    const { first, count } = request.with;
    const there = Math.max(0, Math.min(count, server.lines - first + 1));
    const lines = Array.from({ length: there }, (_, i) => server.line(first + i));
    world.last.reply(call.id, { type: 'lines', with: { lines } });
  } else if (request.type === 'outline') {
    world.last.reply(call.id, { type: 'outline', with: server.outline });
  } else world.last.reply(call.id, { type: 'ok' });
}

function shown(view: LogView): [number, number] {
  return [view.rows.list[0]!.number, view.rows.list.at(-1)!.number];
}

describe('where a log opens', () => {
  test('a running one at its end, following', async () => {
    const { view } = await open('running', 5000, false);
    expect(view.scroll.following).toBe(true);
    expect(shown(view)).toEqual([4966, 5000]);
  });

  test('at its top, if a person wants that before anything is known of it', async () => {
    const { view, grow } = await open('running', 0, false);
    view.scroll.toTop();
    grow(5000);
    await frame();
    expect(view.scroll.following).toBe(false);
    expect(shown(view)).toEqual([1, 36]);
  });

  test('one that is done at its top', async () => {
    const { view } = await open('done', 5000, true);
    expect(shown(view)).toEqual([1, 36]);
  });

  test('one that failed at its first error, a third below the top', async () => {
    const { view } = await open('error', 5000, true, ({ outline }) => {
      outline.errors = [501, 3000].map((line) => ({ line, spot: null }));
    });
    expect(view.jumps.fault).toBe(501);
    expect(view.scroll.position).toBe(500 * ROW - 233);
    expect(view.jumps.toError(true)).toBe(true);
    expect(view.jumps.fault).toBe(3000);
    expect(shown(view)).toEqual([2988, 3023]);
    view.jumps.toError(false);
    expect(view.jumps.fault).toBe(501);
  });

  test('one that failed without an error we know at its end', async () => {
    const { view } = await open('error', 5000, true);
    expect(shown(view)).toEqual([4966, 5000]);
    expect(view.scroll.following).toBe(false);
  });

  test('every row on screen has its line, and little else was asked for', async () => {
    const { view, requests } = await open('error', 50_000_000, true);
    expect(view.rows.list.every(({ line, number }) => line?.number === number)).toBe(true);
    expect(requests('lines').length).toBeLessThanOrEqual(2);
  });
});

describe('following and pausing', () => {
  test('the first px of a smooth scroll upwards do not follow again, a way down to the end does', async () => {
    const { view } = await open('running', 5000, false);
    view.scroll.pause();
    view.scroll.moveTo(view.scroll.measures.end - 0.5);
    expect(view.scroll.following).toBe(false);
    view.scroll.moveTo(view.scroll.measures.end);
    expect(view.scroll.following).toBe(true);
  });

  test('new lines are shown without being asked for', async () => {
    const { view, grow, requests } = await open('running', 5000, false);
    const before = requests('lines').length;
    for (let i = 0; i < 20; i++) {
      grow(1000);
      await frame();
      expect(view.rows.list.at(-1)).toMatchObject({ number: view.extent.lines });
      expect(view.rows.list.every(({ line }) => line !== undefined)).toBe(true);
    }
    expect(requests('lines')).toHaveLength(before);
  });

  test('what comes within a frame is drawn once', async () => {
    const { view, grow } = await open('running', 100, false);
    grow(1);
    grow(1);
    grow(1);
    expect(view.extent.lines).toBe(100);
    expect(frames).toHaveLength(1);
    await frame();
    expect(view.extent.lines).toBe(103);
  });

  test('a paused window does not move, and counts what it has not shown', async () => {
    const { view, grow } = await open('running', 5000, false);
    view.scroll.moveBy(-10 * ROW);
    await frame();
    const before = shown(view);
    grow(214, 0);
    await frame();
    expect(shown(view)).toEqual(before);
    expect(view.scroll.unseen).toBe(214);
    expect(view.rows.list.every(({ line }) => line !== undefined)).toBe(true);
  });

  test('the server learns how much of the end is looked at', async () => {
    const { view, requests } = await open('running', 5000, false);
    view.scroll.pause();
    view.scroll.followEnd();
    const tails = requests('follow').map((request) =>
      request.type === 'follow' ? request.with.tail : -1,
    );
    expect(tails).toEqual([43, 0, 43]);
  });

  test('the bottom resumes', async () => {
    const { view } = await open('running', 5000, false);
    view.scroll.moveBy(-500);
    expect(view.scroll.following).toBe(false);
    view.scroll.moveBy(500);
    expect(view.scroll.following).toBe(true);
  });

  test('picking a line pauses', async () => {
    const { view } = await open('running', 5000, false);
    view.pick(4990, false);
    expect(view.scroll.following).toBe(false);
    expect(view.selection.lines).toEqual({ from: 4990, to: 4990 });
  });
});

describe('asking for lines', () => {
  test('a jump asks for the blocks in sight alone', async () => {
    const { view, world } = await open('done', 1_000_000, true);
    const before = world.requests.length;
    view.scroll.moveTo(600_000 * ROW);
    await frame();
    const firsts = world.requests
      .slice(before)
      .map((request) => (request.type === 'lines' ? request.with.first : 0));
    expect(new Set(firsts)).toEqual(new Set([599_901, 600_001]));
    expect(view.rows.list.every(({ line }) => line !== undefined)).toBe(true);
    expect(BLOCK).toBe(100);
  });

  test('a line that had no end is read again when the log has grown behind the window', async () => {
    const { view, server, grow } = await open('running', 1000, false);
    const text = () => view.rows.list.find(({ number }) => number === 70)?.line?.spans[0]?.text;
    server.line = (number) =>
      aLine(number, number === 70 ? { open: true, spans: [{ text: 'half' }] } : {});
    view.scroll.moveTo(60 * ROW);
    await frame();
    expect(text()).toBe('half');
    server.line = (number) => aLine(number);
    grow(50, 0);
    await frame();
    expect(text()).toBe('line 70');
  });

  test('of lines so long that an answer holds few of them, all come', async () => {
    const { view, world, server } = await open('done', 200, true);
    world.last.answer = (call) => {
      const { request } = call;
      if (request.type === 'lines') request.with.count = Math.min(request.with.count, 30);
      answer(world, server, call);
    };
    view.scroll.moveTo(Infinity);
    await frame();
    expect(shown(view)[1]).toBe(200);
    expect(view.rows.list.filter(({ line }) => line === undefined)).toEqual([]);
  });

  test('an answer that is short does not make it ask for ever', async () => {
    const { view, world, server } = await open('done', 1000, true);
    server.lines = 300;
    view.scroll.moveTo(500 * ROW);
    await frame();
    const before = world.requests.length;
    await frame();
    await frame();
    expect(world.requests).toHaveLength(before);
  });

  test('a failure is shown, and asking again removes it', async () => {
    const { view, world, server } = await open('done', 100_000, true);
    world.last.answer = (call) => {
      const failure = { code: 'store_away', message: 'Postgres is away' } as const;
      world.last.say({ failed: { id: call.id, failure } });
    };
    view.scroll.moveTo(50_000 * ROW);
    await frame();
    expect(view.source.problem).toBe('Postgres is away');
    world.last.answer = (call) => answer(world, server, call);
    view.resume();
    await frame();
    expect(view.source.problem).toBeNull();
    expect(view.rows.list.every(({ line }) => line !== undefined)).toBe(true);
  });

  test('a closed window asks for nothing', async () => {
    const { view, world, grow } = await open('running', 5000, false);
    view.detach();
    const before = world.requests.length;
    grow(1000, 0);
    await frame();
    expect(world.requests).toHaveLength(before);
    expect(world.requests.at(-1)?.type).toBe('unfollow');
  });
});

describe('picking and copying', () => {
  test('a range holds lines that were never on screen', async () => {
    const { view } = await open('done', 100_000, true);
    view.pick(10, false);
    view.pick(2509, true);
    const text = (await view.selection.text()).split('\n');
    expect(text).toHaveLength(2500);
    expect([text[0], text.at(-1)]).toEqual(['line 10', 'line 2509']);
  });

  test('a second click on the same line lets it go', async () => {
    const { view } = await open('done', 100, true);
    view.pick(10, false);
    view.pick(10, false);
    expect(view.selection.lines).toBeNull();
  });

  test('a range no clipboard takes is refused in words', async () => {
    const { view } = await open('done', 1_000_000, true);
    view.pick(1, false);
    view.pick(1_000_000, true);
    await expect(view.selection.text()).rejects.toThrow('at most 100,000 lines');
  });
});

describe('what is copied', () => {
  test('has tabs, and what is looked for has the blanks that they are on screen', async () => {
    const { view } = await open('done', 3, true, (server) => {
      const spans = [{ text: 'a       b' }];
      server.line = (number) => aLine(number, { spans, tabs: [[1, 7]] });
    });
    view.mark({ line: 1, column: 0 }, { line: 1, column: 9 });
    expect(await view.selection.text()).toBe('a\tb');
    expect(await view.selection.shown()).toBe('a       b');
    view.pick(2, false);
    view.pick(3, true);
    expect(await view.selection.text()).toBe('a\tb\na\tb');
    expect(await view.selection.text(true)).toMatch(/ {2}a\tb$/);
  });
});

describe('sections', () => {
  const section = (first: number, last: number | null): Section => {
    const times = { began_at: 0, ended_at: null };
    return { first, last, depth: 0, of: 'folder', name: '/a', failed: false, ...times };
  };
  const folded = () =>
    open('done', 5000, true, ({ outline }) => {
      outline.sections = [section(10, 20), section(100, 2000), section(200, 300)];
    });

  test('fold, and what is above stays where it is', async () => {
    const { view } = await folded();
    view.scroll.moveTo(95 * ROW + 7);
    view.toggleFold(100);
    await frame();
    expect(view.scroll.position).toBe(95 * ROW + 7);
    expect(view.rows.list.map(({ number }) => number).slice(0, 7)).toEqual([
      96, 97, 98, 99, 100, 2001, 2002,
    ]);
    expect(view.rows.list.every(({ line }) => line !== undefined)).toBe(true);
    view.toggleFold(10);
    expect(view.rows.list[0]!.number).toBe(96);
    view.toggleFold(100);
    expect(shown(view)[1]).toBe(131);
  });

  test('a line that is gone to is unfolded', async () => {
    const { view } = await folded();
    view.toggleFold(200);
    view.toggleFold(100);
    view.jumps.toLine(250);
    expect(view.rows.list.some(({ number }) => number === 250)).toBe(true);
    expect(view.outline.folded.size).toBe(0);
  });

  test('are gone through by keys', async () => {
    const { view } = await folded();
    for (const first of [10, 100, 200, 200]) {
      view.jumps.toSection(false);
      expect(view.selection.lines?.from).toBe(first);
      expect(view.jumps.section).toBe(first);
    }
    view.jumps.toSection(true);
    expect(view.selection.lines?.from).toBe(100);
  });
});

describe('a log that failed', () => {
  const recipe = (first: number, last: number, failed: boolean): Section => {
    const times = { began_at: 0, ended_at: 1_000_000 };
    return { first, last, depth: 0, of: 'recipe', name: 'make it', failed, ...times };
  };
  const failed = (lines: number) =>
    open('error', lines, true, ({ outline }) => {
      outline.sections = [recipe(1, 10, false), recipe(11, lines, true)];
      outline.errors = [{ line: lines - 1, spot: null }];
    });

  test('has what went well folded, and is open where it failed', async () => {
    const { view } = await failed(300);
    expect([...view.outline.folded]).toEqual([1]);
    expect(view.rows.list.some(({ number }) => number === 299)).toBe(true);
  });

  test('shows all of what fits into the window', async () => {
    const { view } = await failed(20);
    expect(view.outline.folded.size).toBe(0);
  });
});

describe('text of another size', () => {
  test('leaves the top line where it is, and has as many rows as fit', async () => {
    const taste = new View();
    const { view } = await open('done', 5000, true, () => undefined, taste);
    view.scroll.moveTo(2000 * ROW + 10);
    await frame();
    expect(shown(view)).toEqual([2001, 2036]);
    taste.showText(20);
    await frame();
    expect(view.rows.list[0]!.number).toBe(2001);
    expect(view.scroll.shown.offset).toBe(rowOf(20) / 2);
    expect(shown(view)).toEqual([2001, 2001 + Math.ceil(HEIGHT / rowOf(20))]);
    taste.showText(10);
    await frame();
    expect(view.rows.list[0]!.number).toBe(2001);
    view.scroll.followEnd();
    await frame();
    expect(view.rows.list.at(-1)!.number).toBe(5000);
    expect(view.scroll.position).toBe(5000 * rowOf(10) - HEIGHT);
    taste.showText(USUAL_TEXT);
    await frame();
    expect(view.scroll.position).toBe(5000 * ROW - HEIGHT);
  });
});

describe('another encoding', () => {
  test('is asked for from then on, at the same place, and what was on its way is dropped', async () => {
    const { world, view, server, requests } = await open('running', 5000, false);
    view.scroll.moveTo(2000 * ROW);
    await frame();
    const late: Sent[] = [];
    world.last.answer = (call) =>
      call.request.type === 'lines' ? late.push(call) : answer(world, server, call);
    view.scroll.moveTo(3000 * ROW);
    await frame();
    expect(late).not.toEqual([]);
    view.readIn('gbk');
    // Lines of before that the server had sent already.
    view.source.grew({
      job: view.job,
      extent: { lines: 5001, bytes: 0, complete: false },
      tail: [aLine(3002)],
    });
    for (const call of late.splice(0)) answer(world, server, call);
    await frame();
    expect(view.rows.list[0]!.number).toBe(3001);
    expect(view.rows.list.every(({ line }) => line === undefined)).toBe(true);
    for (const call of late.splice(0)) answer(world, server, call);
    await frame();
    expect(view.rows.list.every(({ line }) => line !== undefined)).toBe(true);
    const encoding = { encoding: 'gbk' };
    expect(requests('lines').at(-1)).toMatchObject({ with: encoding });
    expect(requests('follow').at(-1)).toMatchObject({ with: encoding });
    view.find.summon();
    view.find.text = '失败';
    view.find.begin();
    expect(requests('find').at(-1)).toMatchObject({ with: encoding });
  });
});
