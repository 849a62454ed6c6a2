// The page in a Chromium of its own, and what the browser knows of it: its heap, its process, the work of its main thread.
import { existsSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { chromium } from '@playwright/test';
import { held, spent } from './memory.mjs';
import { install } from './page.js';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** A page that runs what `page.js` has; each is a browser of its own, so that none inherits another's memory. */
export class InChromium {
  name = 'Chromium';
  hasWorkOfThread = true;

  static async open(served, at) {
    const browser = await chromium.launch({
      executablePath: process.env.VMO_CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--no-first-run',
        '--disable-background-networking',
        // A page that no server sent is not let at our socket.
        ...(process.env.PAGE ? ['--disable-features=LocalNetworkAccessChecks'] : []),
      ],
    });
    const page = await browser.newPage({ viewport: { width: 1360, height: 860 } });
    if (process.env.PAGE) await page.route(`${served.origin}/**`, (route) => instead(route));
    if (at.token) {
      await page.addInitScript((token) => sessionStorage.setItem('vmo.token', token), at.token);
    }
    await page.goto(at.token ? served.origin : served.url);
    await page.getByTestId('store-state').getByText('Logs kept in Postgres').waitFor();
    at.token = await page.evaluate(() => sessionStorage.getItem('vmo.token'));
    await page.evaluate(install);
    await page.click('a[href="/history"]');
    const own = await page.context().newCDPSession(page);
    await own.send('Performance.enable');
    // The browser has more such processes: some wait, one draws its own tabs.
    await browser.startTracing(page, { categories: ['blink.user_timing'] });
    await page.evaluate(() => performance.mark('bench-frame'));
    const { pid } = marksOf(await browser.stopTracing())[0];
    return Object.assign(new InChromium(), { browser, page, own, pid });
  }

  /** Calls a function of `window.bench`. */
  call(what, ...args) {
    return this.page.evaluate(([what, args]) => window.bench[what](...args), [what, args]);
  }

  /** The same, and what the main thread worked in each frame, in milliseconds: all its tasks, also between frames. */
  async traced(what, ...args) {
    await this.browser.startTracing(this.page, { categories: ['toplevel', 'blink.user_timing'] });
    const begun = spent(this.pid);
    const seen = await this.call(what, ...args);
    const cpu = (spent(this.pid) - begun) / seen.works.length;
    return { ...seen, ...byFrame(await this.browser.stopTracing()), cpu };
  }

  /** What the page holds once what is no longer needed has gone, in MiB. */
  async memory() {
    for (let again = 0; again < 3; again++) await this.own.send('HeapProfiler.collectGarbage');
    const { metrics } = await this.own.send('Performance.getMetrics');
    const heap = metrics.find(({ name }) => name === 'JSHeapUsedSize').value / 2 ** 20;
    return { ...held(this.pid), heap };
  }

  close() {
    return this.browser.close();
  }
}

/** The marks that `page.js` leaves in a trace. */
function marksOf(trace) {
  return JSON.parse(trace).traceEvents.filter(({ name }) => name === 'bench-frame');
}

/** The tasks of the main thread, summed up from one mark to the next: by the clock, and of the processor. */
function byFrame(trace) {
  const events = JSON.parse(trace).traceEvents;
  const marks = marksOf(trace);
  const { pid, tid } = marks[0];
  const tasks = events.filter(
    (one) => one.pid === pid && one.tid === tid && one.ph === 'X' && one.name.endsWith('RunTask'),
  );
  const ends = marks.map(({ ts }) => ts).sort((a, b) => a - b);
  const [tasksWall, tasksCpu] = [[], []];
  let [at, reached] = [0, 0];
  tasks.sort((a, b) => a.ts - b.ts);
  for (let n = 1; n < ends.length; n++) {
    let [wall, cpu] = [0, 0];
    for (; at < tasks.length && tasks[at].ts < ends[n]; at++) {
      const { ts, dur = 0, tdur = 0 } = tasks[at];
      // A task within another one is counted already. Marks lie within tasks: the frame's own one is the next one's.
      if (ts < reached) continue;
      reached = ts + dur;
      if (ts < ends[n - 1]) continue;
      wall += dur / 1000;
      cpu += tdur / 1000;
    }
    tasksWall.push(wall);
    tasksCpu.push(cpu);
  }
  return { tasksWall, tasksCpu };
}

/** The page of a folder in place of the one in the program: PAGE=build measures a change without building the program. */
async function instead(route) {
  const path = new URL(route.request().url()).pathname;
  const file = join(process.env.PAGE, path);
  if (route.request().method() !== 'GET') return route.continue();
  const found = path !== '/' && existsSync(file) ? file : join(process.env.PAGE, 'index.html');
  return route.fulfill({
    body: readFileSync(found),
    contentType: TYPES[extname(found)] ?? 'application/octet-stream',
  });
}
