// Everything that must hold, step by step. All steps run, so that one run shows all that is wrong; the output of each is
// kept in target/test-logs and shown where the step failed. The last line counts the tests of all runners.
//
//   node scripts/test.mjs [STEP…]      only the named steps
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

const only = process.argv.slice(2);
const chosen = (name) => only.length === 0 || only.includes(name);

const withPage = ['--workspace', '--features', 'vm-orchestrator/built-in-page'];
const binaries = 'target/test-logs/binaries.json';
const listed = [...withPage, '--list-type', 'binaries-only', '--message-format', 'json'].join(' ');

// `needs`: a step that cannot say anything when another has failed. `minutes`: when it is ended, cold and on two cores.
// `system`: where it can be run at all. `beside`: these run one after the other, beside the steps below them, which leave
// the processor idle now and then. `quiet`: what looks at the time begins when those are over, or else `yields` to it.
const steps = [
  { name: 'rustfmt', run: ['cargo', 'fmt', '--all', '--check'] },
  {
    name: 'deny',
    run: ['cargo', 'deny', 'check', 'licenses', 'bans', 'sources'],
  },
  // Alone, as the checks of the page write into the same folder.
  { name: 'page', run: ['scripts/build.sh', '--page'] },
  { name: 'prettier', run: ['npm', 'run', '--silent', 'format:check'], beside: true },
  { name: 'eslint', run: ['npm', 'run', '--silent', 'lint'], beside: true },
  { name: 'svelte-check', run: ['npm', 'run', '--silent', 'check'], beside: true },
  { name: 'vitest', run: ['npm', 'test', '--silent'], beside: true },
  // With the tests, as one call of cargo has work for all cores until its end; then it names their files.
  {
    name: 'build',
    run: ['sh', '-c', `scripts/build.sh --tests && cargo nextest list ${listed} >${binaries}`],
    needs: 'page',
    minutes: 30,
  },
  // The tests below wait for half of their time: it takes what they leave.
  {
    name: 'clippy',
    run: ['cargo', 'clippy', ...withPage, '--all-targets', '--', '-D', 'warnings'],
    needs: 'build',
    minutes: 20,
    beside: true,
    yields: true,
  },
  // By the list of what was just built, as cargo would wait for clippy's end.
  {
    name: 'nextest',
    run: [
      ...['cargo', 'nextest', 'run', '--no-fail-fast'],
      ...(chosen('build') ? ['--binaries-metadata', binaries] : withPage),
    ],
    needs: 'build',
    minutes: 30,
    quiet: true,
  },
  { name: 'browser', run: ['npm', 'run', '--silent', 'e2e'], needs: 'build', minutes: 25, quiet: true },
  {
    name: 'window',
    run: ['xvfb-run', '-a', '-s', '-screen 0 1500x1000x24 -noreset', 'node', 'e2e/tauri.mjs'],
    needs: 'build',
    quiet: true,
    system: 'linux',
  },
  {
    name: 'package',
    run: ['scripts/check-package.sh'],
    needs: 'build',
    system: 'linux',
    minutes: 20,
  },
];

// How each runner ends: nextest, vitest, Playwright, and the plain line.
const counts = [
  {
    line: /^\s*Summary .* tests? run: (.*)$/m,
    passed: /(\d+) passed/,
    failed: /(\d+) (?:failed|timed out)/g,
  },
  { line: /^\s*Tests +(.*)$/m, passed: /(\d+) passed/, failed: /(\d+) failed/g },
  { line: /^(\d+ passed, \d+ failed)\b/m, passed: /(\d+) passed/, failed: /(\d+) failed/g },
  {
    line: /^((?: +\d+ (?:passed|failed|interrupted).*\n?)+)/m,
    passed: /(\d+) passed/,
    failed: /(\d+) (?:failed|interrupted)/g,
  },
];

const colours = new RegExp(String.raw`\u001b\[[0-9;]*m`, 'g');

function counted(output) {
  const text = output.replace(colours, '');
  for (const { line, passed, failed } of counts) {
    const found = text.match(line)?.[1];
    if (found === undefined) continue;
    const sum = [...found.matchAll(failed)].reduce((all, [, one]) => all + Number(one), 0);
    return { passed: Number(found.match(passed)?.[1] ?? 0), failed: sum };
  }
  return { passed: 0, failed: 0 };
}

// The tests that failed and passed when they were tried once more.
function flaky(output) {
  const lines = output.replace(colours, '').matchAll(/^(?:flaky: (.*)| +FLAKY \S+ \[[^\]]*\] (?:\([^)]*\) )?(.*))$/gm);
  return [...new Set([...lines].map(([, ours, nextest]) => ours ?? nextest))];
}

// Gives a process only the time that no other wants. Linux may weigh sessions (`autogroup`), and processes within one alone.
function yieldTo(pid) {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
    if (existsSync(`/proc/${pid}/autogroup`)) writeFileSync(`/proc/${pid}/autogroup`, '19');
  } catch (error) {
    console.log(`its priority was not lowered: ${error.message}`);
  }
}

// Runs one step in a process group of its own, so that nothing it started outlives its time.
function run({ name, run: [program, ...args], minutes = 10, yields }) {
  const log = `target/test-logs/${name}.log`;
  const file = createWriteStream(log);
  const child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) stream.pipe(file, { end: false });
  if (yields && child.pid !== undefined) yieldTo(child.pid);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    process.kill(-child.pid, 'SIGKILL');
  }, minutes * 60_000);
  return new Promise((done) => {
    const end = (why) => {
      clearTimeout(timer);
      file.end(() => done({ why, log, output: readFileSync(log, 'utf8') }));
    };
    child.on('error', (error) => end(error.message));
    child.on('close', (code, signal) =>
      end(late ? `not done in ${minutes} minutes` : code === 0 ? '' : `exit ${code ?? signal}`),
    );
  });
}

mkdirSync('target/test-logs', { recursive: true });
// What `make test` leaves for the makes below it: a test's own make must not take itself for a sub-make.
for (const name of ['MAKEFLAGS', 'MAKELEVEL', 'MAKE_TERMERR', 'MAKE_TERMOUT', 'MFLAGS']) delete process.env[name];
// Property tests draw the same cases each time here, so that one result means the same on every machine; a plain
// `cargo nextest run` draws new ones.
process.env.PROPTEST_RNG_SEED ??= '20261129';
// In a clone in which nothing was compiled yet nobody edits: what would make the next build short makes this one long.
const notes = 'target/debug/incremental';
if (!existsSync(notes) || readdirSync(notes).length === 0) process.env.CARGO_INCREMENTAL ??= '0';

const wrong = new Set();
const total = { passed: 0, failed: 0 };
const seenFlaky = [];

// Runs a step if it can be run, and says how it ended.
async function take(step) {
  if (step.system && step.system !== process.platform) {
    console.log(`not run  ${step.name} (only on ${step.system})`);
    return;
  }
  if (wrong.has(step.needs)) {
    console.log(`not run  ${step.name} (needs ${step.needs})`);
    wrong.add(step.name);
    return;
  }
  const began = performance.now();
  const { why, log, output } = await run(step);
  const { passed, failed } = counted(output);
  total.passed += passed;
  total.failed += failed;
  seenFlaky.push(...flaky(output).map((test) => `${step.name}: ${test}`));
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const tests = passed + failed > 0 ? `, ${passed} passed, ${failed} failed` : '';
  console.log(
    `${why ? 'FAILED ' : 'ok     '}  ${step.name} (${seconds} s${tests})${why && `: ${why}`}`,
  );
  if (why) {
    wrong.add(step.name);
    console.log(output.split('\n').slice(-200).join('\n'));
    console.log(`(all of it is in ${log})`);
  }
}

let beside = Promise.resolve();
let quiet = beside;
for (const step of steps.filter(({ name }) => chosen(name))) {
  if (step.beside) {
    beside = beside.then(() => take(step));
    if (!step.yields) quiet = beside;
  } else {
    if (step.quiet) await quiet;
    await take(step);
  }
}
await beside;
if (seenFlaky.length > 0) console.log(`\nfailed once, to be mended:\n  ${seenFlaky.join('\n  ')}`);
if (wrong.size > 0) console.log(`\nfailed: ${[...wrong].join(', ')}`);
// A step that is no test runner counts as one test when it fails, so that no failing run reads as a clean one.
if (wrong.size > 0 && total.failed === 0) total.failed = wrong.size;
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = wrong.size > 0 ? 1 : 0;
