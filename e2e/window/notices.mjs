// A session bus of the scenarios' own, with nothing on it but the desktop's notifications and its tray.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

// Nothing else is started by it, so that no service of this machine takes part.
const CONFIG = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>
<policy context="default"><allow send_destination="*"/><allow eavesdrop="false"/><allow own="*"/></policy></busconfig>`;

/** The first line that a program prints, and those that follow; fails where it ends without one. */
async function first(child, what) {
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${what} ended with ${code}`);
  });
  ended.catch(() => undefined);
  const [line] = await Promise.race([once(lines, 'line'), ended]);
  return [line, lines];
}

/** What the desktop was asked to show. */
export class Notices {
  /** Where the bus is. */
  address;
  /** All that came, in order: `{ id, app, title, text, actions }`. */
  shown = [];
  /** What the tray shows: `{ status, name, title, text }`; null before it has an item. */
  tray = null;
  #bus;
  #desktop;
  #wake = () => undefined;

  /** Starts the bus, and who listens on it. */
  static async listen(folder) {
    const notices = new Notices();
    const config = join(folder, 'bus.conf');
    writeFileSync(config, CONFIG);
    const bus = spawn('dbus-daemon', ['--nofork', '--print-address', `--config-file=${config}`], {
      // It complains of limits that are none of ours.
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [address] = await first(bus, 'the bus');
    const desktop = spawn('/usr/bin/python3', [join(import.meta.dirname, 'notices.py')], {
      env: { ...process.env, DBUS_SESSION_BUS_ADDRESS: address },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [, lines] = await first(desktop, 'the listener on the bus');
    lines.on('line', (line) => {
      const come = JSON.parse(line);
      if (come.tray) notices.tray = come.tray;
      else notices.shown.push(come);
      notices.#wake();
    });
    return Object.assign(notices, { address }).#with(bus, desktop);
  }

  #with(bus, desktop) {
    this.#bus = bus;
    this.#desktop = desktop;
    return this;
  }

  /** The newest one that a job of this name caused, after the first `before` of all; waits for it. */
  async of(name, before = 0, patience = 10_000) {
    const late = AbortSignal.timeout(patience);
    for (;;) {
      const found = this.shown.slice(before).findLast(({ title }) => title.startsWith(name));
      if (found) return found;
      if (late.aborted) throw new Error(`no notice of ${name}, but ${JSON.stringify(this.shown)}`);
      await new Promise((done) => {
        this.#wake = done;
        late.addEventListener('abort', done, { once: true });
      });
    }
  }

  /** Waits until the tray is as wanted. */
  async trays(isIt, patience = 20_000) {
    const late = AbortSignal.timeout(patience);
    while (this.tray === null || !isIt(this.tray)) {
      if (late.aborted) throw new Error(`the tray shows ${JSON.stringify(this.tray)}`);
      await new Promise((done) => {
        this.#wake = done;
        late.addEventListener('abort', done, { once: true });
      });
    }
    return this.tray;
  }

  /** Clicks on one. */
  click({ id }) {
    this.#desktop.stdin.write(`${id} default\n`);
  }

  stop() {
    this.#desktop.stdin.end();
    this.#bus.kill();
  }
}
