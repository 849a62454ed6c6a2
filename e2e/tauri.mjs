// The app in its real window: what a person does there, place by place. Run it under a display of its own:
//
//   xvfb-run -a -s '-screen 0 1500x1000x24 -noreset' node e2e/tauri.mjs [PLACE…]
//
// VMO_APP is the app to drive, by default the development build; VMO_SCREENSHOTS is where pictures go.
import { connection } from './window/connection.mjs';
import { copy } from './window/copy.mjs';
import { desktop } from './window/desktop.mjs';
import { find } from './window/find.mjs';
import { follow } from './window/follow.mjs';
import { hostile } from './window/hostile.mjs';
import { launch } from './window/launch.mjs';
import { loop } from './window/loop.mjs';
import { quit } from './window/quit.mjs';
import { Stage } from './window/stage.mjs';
import { begin } from './window/start.mjs';
import { terminal } from './window/terminal.mjs';
import { windows } from './window/windows.mjs';

const places = {
  loop,
  follow,
  find,
  copy,
  hostile,
  connection,
  launch,
  terminal,
  desktop,
  begin,
  windows,
  quit,
};

const only = process.argv.slice(2);
const stage = await Stage.set(
  process.env.VMO_APP ?? 'target/debug/vm-orchestrator',
  process.env.VMO_SCREENSHOTS ?? 'screenshots',
);
let passed = 0;
let failed = 0;

// What a step may take, in milliseconds; a wish in it that does not come true fails sooner. A busy machine takes a minute
// for one that starts the app four times.
const STEP = 180_000;

/** Fails where a step is not over in time. */
async function inTime(step) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not over in ${STEP} ms`)), STEP);
  });
  try {
    await Promise.race([step, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Plays a place, and once more if it fails: as in .config/nextest.toml. */
async function play(place, steps) {
  const first = await attempt(place, steps);
  const last = first.failed ? await attempt(place, steps) : first;
  if (first.failed && !last.failed) console.log(`flaky: ${place}: ${first.failed}`);
  passed += last.passed;
  failed += last.failed ? 1 : 0;
}

/** Plays the steps of a place, each of which needs the one before: how many passed, and the name of the one that did not. */
async function attempt(place, steps) {
  let passed = 0;
  if (place !== 'loop') await stage.ready();
  for (const [name, step] of steps) {
    const began = performance.now();
    try {
      await inTime(step(stage));
      passed += 1;
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      console.log(`ok      ${place}: ${name} (${seconds} s)`);
    } catch (error) {
      console.log(`FAILED  ${place}: ${name}: ${error.message}`);
      await stage.picture(`failed-${place}`).catch(() => undefined);
      // The next place needs nothing of what this one left, and no job of it may run on.
      await stage.stop().catch(() => undefined);
      await stage.restart();
      return { passed, failed: name };
    }
  }
  return { passed };
}

try {
  await stage.open();
  for (const [place, steps] of Object.entries(places)) {
    if (only.length === 0 || only.includes(place)) await play(place, steps);
  }
} finally {
  await stage.clear();
}
console.log(`\n${passed} passed, ${failed} failed`);
// A step that was given up may still wait for something.
process.exit(failed === 0 && passed > 0 ? 0 : 1);
