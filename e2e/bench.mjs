// The speed of the log in the window: opening, scrolling, following, finding, and what the page holds (L1 to L4).
//
//   node e2e/bench.mjs                    in Chromium
//   xvfb-run -a … node e2e/bench.mjs      and in the real window
//
// BIG is the lines of the big log (10,000,000), ROUNDS how often each is done (5), ONLY="l1 l2 l3 l4 memory" picks rows,
// IN=chromium or IN=webview where.
import { basename } from 'node:path';
import { InChromium } from './bench/chromium.mjs';
import { Home, PROGRAMS } from './bench/home.mjs';
import { LINE, RARE, shown } from './bench/printed.mjs';
import { add, digits, median, percentile, table } from './bench/table.mjs';
import { InWebview } from './bench/webview.mjs';

const MILLION = 1_000_000;
const BIG = Number(process.env.BIG ?? 10 * MILLION);
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const wants = (row) => !process.env.ONLY || process.env.ONLY.split(' ').includes(row);
/** Frames of one way of scrolling. */
const FRAMES = 300;
/** Floods of a million lines that are followed, one behind the other. */
const TIMES = 5;
const words = (lines) => `${digits(lines / MILLION)}`.replace(/\.0+$/, '') + 'M lines';

/** Compares what is on screen with what was printed; `from` says which line of it a line of the log is. */
function check(rows, lines, from = (number) => number) {
  if (rows.length < 10) throw new Error(`only ${rows.length} rows are on screen`);
  for (const [number, text] of rows) {
    if (number > lines || text !== shown(from(number)))
      throw new Error(`line ${number} is shown as ${JSON.stringify(text)}`);
  }
}

/** L1. */
async function opening(view, logs) {
  for (const { id, lines } of logs) {
    const times = [];
    for (let round = 0; round < ROUNDS; round++) {
      times.push(await view.call('open', id));
      check(await view.call('rows'), lines);
      await view.call('close');
    }
    const spread = `first ${digits(times[0])}, slowest ${digits(Math.max(...times))}`;
    add(`L1 open ${words(lines)}, ${view.name}`, median(times), 'ms', { most: 100 }, spread);
  }
}

/** Rows of the table for frames that were watched; without goals where they are only to compare with. */
function frames(name, seen, goals = { work: { most: 8 }, frame: { most: 16.7 } }) {
  const { intervals, works, lacking, tasksWall, tasksCpu, cpu } = seen;
  const all = tasksWall ?? works;
  const half = [
    `p50 ${digits(median(all))} ms`,
    tasksCpu && `p99 of the processor ${digits(percentile(tasksCpu, 99))} ms`,
    `process ${digits(cpu)} ms a frame`,
  ];
  add(`${name}: work p99`, percentile(all, 99), 'ms', goals.work, half.filter(Boolean).join(', '));
  const without = `p50 ${digits(median(intervals))} ms, ${lacking.filter((n) => n > 0).length} of ${lacking.length} lack a row`;
  // A page's clock goes in steps of 0.1 ms: a frame of 60 a second is 16.6 to 16.8 by it.
  const frame = percentile(intervals, 99);
  const last = frame > 16.7 && frame < 16.85 ? 16.7 : frame;
  add(`${name}: frame p99`, last, 'ms', goals.frame, without);
}

/** L2. */
async function scrolling(view, logs) {
  for (const { id, lines } of logs) {
    await view.call('open', id);
    const floor = await view.traced('shake', FRAMES);
    frames(`(L2 the same rows drawn anew, ${view.name})`, floor, {});
    for (const [name, ...how] of [
      ['wheel', 'wheel', FRAMES, 120],
      ['top to bottom', 'sweep', FRAMES],
      ['jumps', 'jump', FRAMES, 6],
    ]) {
      const seen = await view.traced(...how);
      check(await settled(view), lines);
      frames(`L2 ${name}, ${words(lines)}, ${view.name}`, seen);
    }
    await view.call('close');
  }
}

/** The rows on screen once all have come. */
async function settled(view) {
  await view.call('whole');
  return view.call('rows');
}

/** L3. */
async function following(view, home) {
  const rounds = [];
  for (let round = 0; round < Math.ceil(ROUNDS / 2); round++) {
    const id = await home.start('floods', `TIMES=${TIMES}`);
    await view.call('openAny', id);
    rounds.push(await view.traced('follow'));
    check(await settled(view), TIMES * MILLION, (number) => ((number - 1) % MILLION) + 1);
    await view.call('close');
  }
  const joined = (key) => rounds[0][key] && rounds.flatMap((round) => round[key]);
  frames(`L3 follow ${TIMES} floods, ${view.name}`, {
    ...Object.fromEntries(Object.keys(rounds[0]).map((key) => [key, joined(key)])),
    cpu: median(rounds.map(({ cpu }) => cpu)),
  });
}

/** L4: in the spool of a job that goes on, and in the archive of one that is over, for which no goal was set. */
async function finding(view, { id, lines }, where, { first: soon, all: fast }) {
  await view.call('openAny', id);
  const bytes = lines * LINE;
  for (const [name, text, hits] of [
    ['rare', String(RARE), 1],
    ['frequent', '日本語', lines / 4],
    ['absent', 'no such words', 0],
  ]) {
    const [first, all] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      const found = await view.call('find', text);
      const counted = Number(found.counter.split('/').at(-1).replace(/\D/g, ''));
      if (counted !== hits) throw new Error(`${text}: ${found.counter}, and not ${hits}`);
      check(await settled(view), lines);
      first.push(found.first);
      all.push(found.all);
      await view.call('endFind');
    }
    if (hits > 0)
      add(
        `L4 find ${name} in the ${where}, first hit, ${view.name}`,
        median(first),
        'ms',
        soon,
        `slowest ${digits(Math.max(...first))} ms`,
      );
    const rate = bytes / median(all) / 1e6;
    add(
      `L4 find ${name} in the ${where}, all hits, ${view.name}`,
      rate,
      'GB/s',
      fast,
      `${digits(median(all))} ms`,
    );
  }
  await view.call('close');
}

/** What a page holds of the big log over one of an empty log, each in a page of its own that did the same. */
async function holding(open, empty, big) {
  const more = { all: [], own: [], heap: [] };
  let name;
  for (let round = 0; round < Math.min(3, ROUNDS); round++) {
    const held = [];
    for (const { id } of [empty, big]) {
      const view = await open();
      name = view.name;
      await view.call('openAny', id);
      for (const how of [
        ['wheel', FRAMES, 120],
        ['sweep', FRAMES],
        ['jump', FRAMES, 6],
      ])
        await view.call(...how);
      held.push(await view.memory());
      await view.close();
    }
    for (const key of Object.keys(held[0])) more[key].push(held[1][key] - held[0][key]);
    more.empty = held[0].all;
  }
  const of = `over ${digits(more.empty)} MiB; anonymous ${digits(median(more.own))} MiB`;
  const heap = more.heap.length > 0 ? `, script's heap ${digits(median(more.heap))} MiB` : '';
  add(
    `Memory of ${words(BIG)} over an empty log, ${name}`,
    median(more.all),
    'MiB',
    { most: 20 },
    of + heap,
  );
}

async function measure(open, home, logs) {
  const [empty, million, big] = logs;
  const view = await open();
  try {
    if (wants('l1')) await opening(view, [million, big]);
    if (wants('l2')) await scrolling(view, [million, big]);
    if (wants('l3')) await following(view, home);
    if (wants('l4')) {
      const id = await home.start('held');
      await home.printed(id, million.lines);
      await finding(view, { ...million, id }, 'spool', { first: { most: 50 }, all: { least: 1 } });
      await home.vmo('cancel', id);
      await finding(view, million, 'archive', {});
    }
  } finally {
    await view.close();
  }
  if (wants('memory')) await holding(open, empty, big);
}

const home = await Home.make();
try {
  const served = await home.serve();
  const logs = [];
  try {
    console.error(
      `programs of ${PROGRAMS}${basename(PROGRAMS) === 'debug' ? ', not optimised' : ''}`,
    );
    for (const [lines, ...what] of [
      [0, 'empty'],
      [MILLION, 'million'],
      [BIG, 'many', `COUNT=${BIG}`],
    ]) {
      const { id, lines: printed, status } = await home.finish(...what);
      if (status !== 'done' || printed !== lines)
        throw new Error(`${what}: ${status}, ${printed} lines`);
      logs.push({ id, lines });
    }
    const at = {};
    if (process.env.IN !== 'webview') await measure(() => InChromium.open(served, at), home, logs);
  } finally {
    await served.stop();
  }
  home.left();
  if (!process.env.DISPLAY) console.error('no display: not in the real window');
  else if (process.env.IN !== 'chromium') await measure(() => InWebview.open(home), home, logs);
  console.log(table());
} finally {
  home.remove();
}
