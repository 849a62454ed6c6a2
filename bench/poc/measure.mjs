// The rows W1, W3, W4 and W5 of `make bench`, measured of others: the usual stack (server.mjs), and websocketd where it is
// installed, which stores nothing. The bare command takes turns with both; figures are medians.
//
//   node measure.mjs SPEED VMO [ROUNDS]        the programs of `make bench`
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { io } from 'socket.io-client';
import WebSocket from 'ws';

const [speed, vmo, rounds = 5] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'peers-'));
const work = join(folder, 'work');
const clicks = 30;
const jobs = 100;
const ticks = 200;

const now = () => performance.now();
// The clock of the ticks, in microseconds; it and this one differ by the time the machine slept, which is none.
const clock = () => Number(process.hrtime.bigint() / 1000n);
const sorted = (values) => [...values].sort((a, b) => a - b);
const percentile = (values, percent) =>
  sorted(values)[Math.max(0, Math.ceil((values.length * percent) / 100) - 1)];
const median = (values) => percentile(values, 50);
const firstLine = async (child) => (await once(createInterface(child.stdout), 'line'))[0];
const peak = (pid, name) =>
  Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(`${name}:\\s+(\\d+)`)[1]) / 1024;

function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  return once(probe, 'listening').then(() => {
    const { port } = probe.address();
    return new Promise((done) => probe.close(() => done(port)));
  });
}

// How late each tick of some output was: `said` are its pieces and when they came.
function delays(said) {
  const found = [];
  let open = '';
  for (const { text, at } of said) {
    const lines = (open + text).split('\n');
    open = lines.pop();
    for (const line of lines) {
      const tick = line.match(/^\d+ (\d+)$/);
      if (tick) found.push((at - Number(tick[1])) / 1000);
    }
  }
  if (found.length !== ticks) throw new Error(`${found.length} ticks of ${ticks} came`);
  return { p50: median(found), p99: percentile(found, 99) };
}

// The bare command, started from a program that starts others as fast as it goes, which Node is not.
function bareClicks() {
  const said = execFileSync(speed, ['--bare', work], { encoding: 'utf8' });
  const [first, rate] = said.trim().split(' ').map(Number);
  return { first, rate };
}

function bareFlood() {
  const begun = now();
  spawnSync('sh', ['-c', 'make -s w1 | cat >/dev/null'], { cwd: work });
  return now() - begun;
}

// The usual stack. A run is told of by the id of its job.
async function usualStack(url) {
  const env = { ...process.env, DATABASE_URL: url };
  const stdio = ['ignore', 'pipe', 'inherit'];
  const server = spawn('node', ['server.mjs', work], { env, stdio, cwd: import.meta.dirname });
  const port = await firstLine(server);
  const page = io(`http://127.0.0.1:${port}`, { transports: ['websocket'] });
  await once(page, 'connect');
  const runs = new Map();
  // Output may come before the answer that says whose it is.
  const of = (id) => {
    if (!runs.has(id)) runs.set(id, { said: [] });
    return runs.get(id);
  };
  page.on('output', ({ id, data }) => {
    const run = of(id);
    run.first ??= now();
    // Ticks come in small pieces; a flood is not kept.
    if (data.length < 4096) run.said.push({ text: data, at: clock() });
  });
  const told = (what) =>
    page.on(what, ({ id }) => {
      const run = of(id);
      run[what] = now();
      run[`on_${what}`]?.();
    });
  told('exit');
  told('archived');
  const until = (run, what) => run[what] ?? new Promise((done) => (run[`on_${what}`] = done));
  const idle = peak(server.pid, 'VmRSS');
  return {
    name: 'the usual stack',
    async run(target) {
      const begun = now();
      const response = await fetch(`http://127.0.0.1:${port}/jobs/${target}`, { method: 'POST' });
      const { id } = await response.json();
      const run = of(id);
      await until(run, 'exit');
      const { first, exit } = run;
      return {
        id,
        first: first - begun,
        end: exit - begun,
        said: run.said,
        archived: async () => {
          await until(run, 'archived');
          runs.delete(id);
          return run.archived - begun;
        },
      };
    },
    memory: () => peak(server.pid, 'VmHWM') - idle,
    end: () => {
      page.close();
      server.kill();
    },
  };
}

// websocketd starts the command anew for each socket; the socket's end is the command's.
async function websocketd() {
  if (spawnSync('websocketd', ['--version']).error) return undefined;
  const servers = [];
  const ports = {};
  for (const target of ['w1', 'w3', 'hello']) {
    ports[target] = await freePort();
    const args = [
      '--address=127.0.0.1',
      `--port=${ports[target]}`,
      '--binary',
      'make',
      '-s',
      target,
    ];
    servers.push(spawn('websocketd', args, { cwd: work, stdio: 'ignore' }));
  }
  await new Promise((done) => setTimeout(done, 500));
  const idle = peak(servers[0].pid, 'VmRSS');
  return {
    name: 'websocketd, which stores nothing',
    async run(target) {
      const begun = now();
      const socket = new WebSocket(`ws://127.0.0.1:${ports[target]}/`, {
        perMessageDeflate: false,
      });
      const run = { said: [] };
      socket.on('message', (bytes) => {
        run.first ??= now() - begun;
        run.said.push({ text: target === 'w3' ? bytes.toString('latin1') : '', at: clock() });
      });
      await once(socket, 'close');
      return { ...run, end: now() - begun };
    },
    memory: () => peak(servers[0].pid, 'VmHWM') - idle,
    end: () => servers.forEach((server) => server.kill()),
  };
}

// Whether Postgres has what was printed: rows that are not where they belong, and characters that broke.
async function wrongIn(pool, id) {
  const { rows } = await pool.query('select data from poc_logs where job_id = $1 order by id', [
    id,
  ]);
  let last = -1;
  let displaced = 0;
  let broken = 0;
  for (const { data } of rows) {
    broken += data.split('\ufffd').length - 1;
    const first = Number(data.match(/^(\d{7}) /m)?.[1] ?? last);
    if (first < last) displaced += 1;
    last = Math.max(last, first);
  }
  return `${displaced} of ${rows.length} rows out of order, ${broken} broken characters`;
}

async function measure(peer, pool) {
  const figures = {
    w1: [],
    bareW1: [],
    archived: [],
    w4: [],
    bareW4: [],
    w5: [],
    bareW5: [],
    alone: [],
    beside: [],
  };
  let wrong;
  await peer.run('hello');
  for (let round = 0; round < rounds; round += 1) {
    figures.bareW1.push(bareFlood());
    const flood = await peer.run('w1');
    figures.w1.push(flood.end);
    if (flood.archived) {
      figures.archived.push(await flood.archived());
      wrong = await wrongIn(pool, flood.id);
    }
  }
  figures.memory = peer.memory();
  for (let round = 0; round < rounds; round += 1) {
    const { said } = await peer.run('w3');
    figures.alone.push(delays(said));
    let enough = false;
    const floods = (async () => {
      let flood;
      while (!enough) flood = await peer.run('w1');
      await flood?.archived?.();
    })();
    const beside = await peer.run('w3');
    enough = true;
    await floods;
    figures.beside.push(delays(beside.said));
  }
  for (let round = 0; round < rounds; round += 1) {
    const { first, rate } = bareClicks();
    figures.bareW4.push(first);
    figures.bareW5.push(rate);
    for (let turn = 0; turn < clicks; turn += 1) {
      const click = await peer.run('hello');
      figures.w4.push(click.first);
      await click.archived?.();
    }
    const begun = now();
    let last;
    for (let job = 0; job < jobs; job += 1) last = await peer.run('hello');
    await last.archived?.();
    figures.w5.push(jobs / ((now() - begun) / 1000));
  }
  return { ...figures, wrong };
}

function print(name, figures) {
  const ms = (value) => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
  const ratio = (ours, other) => `${(ours / other).toFixed(2)} ×`;
  const row = (...cells) => console.log(`| ${cells.join(' | ')} |`);
  const of = (all, what) => median(all.map((one) => one[what]));
  console.log(`\n| ${name} | figure | bare | ratio |\n|---|---|---|---|`);
  const [w1, bareW1] = [median(figures.w1), median(figures.bareW1)];
  row('W1 to client', ms(w1), ms(bareW1), ratio(w1, bareW1));
  if (figures.archived.length) row('W1 archived', ms(median(figures.archived)), '', '');
  row('W1 memory over idle', `${figures.memory.toFixed(0)} MiB`, '', '');
  if (figures.wrong) row('W1 in Postgres', figures.wrong, '', '');
  row(
    'W3 alone, p50 / p99',
    `${ms(of(figures.alone, 'p50'))} / ${ms(of(figures.alone, 'p99'))}`,
    '',
    '',
  );
  row(
    'W3 beside W1, p50 / p99',
    `${ms(of(figures.beside, 'p50'))} / ${ms(of(figures.beside, 'p99'))}`,
    '',
    '',
  );
  const [w4, bareW4] = [median(figures.w4), median(figures.bareW4)];
  row('W4 click to first byte, p50', ms(w4), ms(bareW4), ratio(w4, bareW4));
  const rate = (value) => `${value.toFixed(0)} jobs/s`;
  const [w5, bareW5] = [median(figures.w5), median(figures.bareW5)];
  row('W5 short jobs', rate(w5), rate(bareW5), ratio(w5, bareW5));
}

execFileSync(speed, ['--project', work]);
const env = {
  ...process.env,
  VMO_DATA_DIR: join(folder, 'data'),
  VMO_CONFIG_DIR: join(folder, 'config'),
};
delete env.DATABASE_URL;
const database = spawn(vmo, ['db'], { env, stdio: ['ignore', 'pipe', 'ignore'] });
const url = await firstLine(database);
const pool = new pg.Pool({ connectionString: url });
try {
  for (const start of [usualStack, websocketd]) {
    const peer = await start(url);
    if (!peer) {
      console.log('\nwebsocketd is not installed (Debian: apt-get install websocketd)');
      continue;
    }
    try {
      print(peer.name, await measure(peer, pool));
    } finally {
      peer.end();
    }
  }
} finally {
  await pool.end();
  database.kill('SIGINT');
  await once(database, 'exit');
  rmSync(folder, { recursive: true });
}
