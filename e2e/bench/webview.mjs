// The real window, by WebDriver: what `chromium.mjs` is for a browser, without a trace of the main thread.
import { join } from 'node:path';
import { Session, startDriver } from '../webdriver.mjs';
import { PROGRAMS } from './home.mjs';
import { held, processOf, spent } from './memory.mjs';
import { install } from './page.js';

/** A window that runs what `page.js` has. */
export class InWebview {
  name = 'WebKitGTK';
  hasWorkOfThread = false;

  static async open(home) {
    const driver = await startDriver(home.env);
    const window = await Session.open(driver.base, join(PROGRAMS, 'vm-orchestrator'));
    await window.see('Logs kept in Postgres');
    await window.run(`(${install})()`);
    await window.click('a[href="/history"]');
    const pid = processOf('WebKitWebProcess', `VMO_DATA_DIR=${home.env.VMO_DATA_DIR}`);
    return Object.assign(new InWebview(), { driver, window, pid });
  }

  /** Calls a function of `window.bench`. */
  async call(what, ...args) {
    const [went, value] = await this.window.post('execute/async', {
      script: `const [what, args, done] = arguments;
        Promise.resolve().then(() => window.bench[what](...args)).then((value) => done([true, value]), (why) => done([false, String(why)]));`,
      args: [what, args],
    });
    if (!went) throw new Error(value);
    return value;
  }

  /** The same, and the processor time of the whole process for each frame, in milliseconds. */
  async traced(what, ...args) {
    const begun = spent(this.pid);
    const seen = await this.call(what, ...args);
    return { ...seen, cpu: (spent(this.pid) - begun) / seen.works.length };
  }

  /** What the process holds, in MiB, once it has rested: nobody can ask for its garbage to go. */
  async memory() {
    await new Promise((done) => setTimeout(done, 5000));
    return held(this.pid);
  }

  async close() {
    await this.window.close();
    this.driver.stop();
  }
}
