// As much of WebDriver as the window's scenario needs (W3C WebDriver, section 8 and on): a session in the real webview.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { writeFileSync } from 'node:fs';

// How long a wished-for element may take to appear; the driver itself waits, we do not ask again and again.
const PATIENCE = 30_000;
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

// A picture is taken with the next frame, and a page that stands still, drawn without a graphics processor, has none:
// a point that nobody sees has it drawn again and again.
const DRAW = `const point = window.drawn = document.createElement('i');
  point.style.cssText = 'position: fixed; width: 1px; height: 1px; inset: 0 auto auto 0; pointer-events: none';
  document.documentElement.append(point);
  let odd = false;
  const draw = () => {
    if (!point.isConnected) return;
    odd = !odd;
    point.style.background = odd ? 'rgb(128 128 128 / 0.004)' : 'rgb(128 128 128 / 0.008)';
    requestAnimationFrame(draw);
  };
  draw();`;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** Starts tauri-driver with the given environment, which the app inherits. */
export async function startDriver(env) {
  const [port, nativePort] = [await freePort(), await freePort()];
  const driver = spawn('tauri-driver', ['--port', port, '--native-port', nativePort].map(String), {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const failed = new Promise((_, reject) => {
    driver.once('error', (error) =>
      reject(new Error(`tauri-driver did not start: ${error.message}`)),
    );
    driver.once('exit', (code) => reject(new Error(`tauri-driver ended with ${code}`)));
  });
  failed.catch(() => undefined);
  const base = `http://127.0.0.1:${port}`;
  // WebKit's own driver, which tauri-driver starts, is asked first: without it tauri-driver has only errors to tell.
  for (const one of [nativePort, port]) {
    await Promise.race([until(() => fetch(`http://127.0.0.1:${one}/status`)), failed]);
  }
  return { base, stop: () => driver.kill() };
}

// For what tells of itself by no event: another process that listens now, a first page that has come.
async function until(holds) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    try {
      if (await holds()) return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    if (Date.now() > end) throw new Error(`not in ${PATIENCE} ms: ${holds}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** One run of the app. */
export class Session {
  static async open(base, application) {
    const capabilities = { alwaysMatch: { browserName: 'wry', 'tauri:options': { application } } };
    const { sessionId } = await call(`${base}/session`, 'POST', { capabilities });
    const session = new Session(`${base}/session/${sessionId}`);
    await session.post('timeouts', { implicit: PATIENCE, script: PATIENCE });
    // A new window is empty at first, and what is asked of it then is lost when the page comes.
    await until(async () => (await session.run('return location.href')) !== 'about:blank');
    // Until its page is drawn the window is hidden and has no size: there things can be found, and not clicked. A hidden
    // page has no frames, so the first one is waited for.
    await session.until(`return document.visibilityState === 'visible' && innerWidth > 1`);
    return session;
  }

  constructor(url) {
    this.url = url;
  }

  post(path, body = {}) {
    return call(`${this.url}/${path}`, 'POST', body);
  }

  /** The first element that matches a CSS selector, or an XPath where it begins with a slash; waits until there is one. */
  async find(selector) {
    const using = selector.startsWith('/') ? 'xpath' : 'css selector';
    const found = await this.post('element', { using, value: selector }).catch((error) => {
      // The page was loaded, or that part of it drawn, anew while it was searched: the answer was lost with it. WebKit 2.50
      // loses it with any other window, too.
      const lost = /no such frame|stale element reference|before the unload event/;
      if (!lost.test(error.message)) throw error;
      return this.post('element', { using, value: selector });
    });
    return found[ELEMENT];
  }

  /** Clicks an element, once it can be clicked. */
  async click(selector) {
    await this.#act(selector, (url) => this.post(`${url}/click`));
  }

  /**
   * Does something with an element. If it cannot be reached it is brought into sight, for the driver itself leaves one where
   * it is that is in sight by half; then it is tried again with the next frame, as with one that was drawn anew meanwhile.
   */
  async #act(selector, act) {
    const end = Date.now() + PATIENCE;
    for (;;) {
      const element = await this.find(selector);
      try {
        return await act(`element/${element}`);
      } catch (error) {
        const why =
          /: (stale element reference|element not interactable|element click intercepted):/;
        if (!why.test(error.message) || Date.now() > end) throw error;
        const reveal = `arguments[0].scrollIntoView({ block: 'nearest' })`;
        // One that has gone is found anew.
        await this.run(reveal, { [ELEMENT]: element }).catch(() => undefined);
        await this.until('return true');
      }
    }
  }

  /** Presses keys, one after the other; those without a letter are WebDriver's (its §17.4.2). */
  async type(keys) {
    const actions = [...keys].flatMap((value) => [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ]);
    await this.post('actions', { actions: [{ type: 'key', id: 'keyboard', actions }] });
  }

  /** Presses keys together, and lets go of them in turn. */
  async press(...keys) {
    const actions = [
      ...keys.map((value) => ({ type: 'keyDown', value })),
      ...keys.toReversed().map((value) => ({ type: 'keyUp', value })),
    ];
    await this.post('actions', { actions: [{ type: 'key', id: 'keyboard', actions }] });
  }

  /** Turns the wheel over an element, by so many px. */
  async wheel(selector, deltaY) {
    const origin = { [ELEMENT]: await this.find(selector) };
    const scroll = { type: 'scroll', x: 0, y: 0, deltaX: 0, deltaY, duration: 0, origin };
    await this.post('actions', { actions: [{ type: 'wheel', id: 'wheel', actions: [scroll] }] });
  }

  /** Clicks an element while a key is held. */
  async clickWith(key, selector) {
    const origin = { [ELEMENT]: await this.find(selector) };
    const pause = { type: 'pause' };
    const held = [{ type: 'keyDown', value: key }, pause, pause, { type: 'keyUp', value: key }];
    const click = [
      { type: 'pointerMove', x: 0, y: 0, origin },
      { type: 'pointerDown', button: 0 },
      { type: 'pointerUp', button: 0 },
      pause,
    ];
    const actions = [
      { type: 'key', id: 'keyboard', actions: held },
      { type: 'pointer', id: 'mouse', actions: click },
    ];
    await this.post('actions', { actions });
  }

  /** Drags from one place in an element to another, in px from its upper left. */
  async drag(selector, [fromX, fromY], [toX, toY]) {
    const { x, y } = await this.run(
      'const { x, y } = arguments[0].getBoundingClientRect(); return { x, y }',
      { [ELEMENT]: await this.find(selector) },
    );
    const at = (dx, dy) => [x + dx, y + dy].map(Math.round);
    const move = ([x, y]) => ({ type: 'pointerMove', x, y, origin: 'viewport' });
    const middle = at((fromX + toX) / 2, (fromY + toY) / 2);
    const drag = [
      move(at(fromX, fromY)),
      { type: 'pointerDown', button: 0 },
      move(middle),
      move(at(toX, toY)),
      { type: 'pointerUp', button: 0 },
    ];
    await this.post('actions', { actions: [{ type: 'pointer', id: 'mouse', actions: drag }] });
  }

  /** Types a text into a field instead of what is there. */
  async fill(selector, text) {
    await this.#act(selector, async (url) => {
      await this.post(`${url}/clear`);
      await this.post(`${url}/value`, { text });
    });
  }

  /** Waits until there is no such element any more. */
  async gone(selector) {
    await this.until(`return document.querySelector(arguments[0]) === null`, selector);
  }

  /**
   * Waits until a script gives something that counts as true, and gives it. It is looked at inside the page, whenever
   * that is drawn.
   */
  async until(script, ...args) {
    const value = await this.post('execute/async', {
      script: `const [args, patience, done] = arguments;
        const look = function () { ${script} };
        const end = performance.now() + patience;
        const again = () => {
          const found = look(...args);
          if (found) done([found]);
          else if (performance.now() > end) done(null);
          else requestAnimationFrame(again);
        };
        again();`,
      args: [args, PATIENCE - 5000],
    });
    if (value === null) throw new Error(`it never came: ${script} ${JSON.stringify(args)}`);
    return value[0];
  }

  /** Waits until a text is somewhere on the page. */
  async see(text, within = '//body') {
    await this.find(`${within}//*[text()[contains(., ${JSON.stringify(text)})]]`);
  }

  /** The value of a script's return. */
  run(script, ...args) {
    return this.post('execute/sync', { script, args });
  }

  /** Calls a command of the shell, as the page does; fails with its reason. */
  async invoke(command, args = {}) {
    const [ran, value] = await this.post('execute/async', {
      script: `const [command, args, done] = arguments;
        window.__TAURI_INTERNALS__.invoke(command, args).then((value) => done([true, value]), (why) => done([false, String(why)]));`,
      args: [command, args],
    });
    if (!ran) throw new Error(value);
    return value;
  }

  /** Opens an element's menu, as the other button does: WebKit's driver has that button and sends no `contextmenu`. */
  async contextClick(selector) {
    const element = { [ELEMENT]: await this.find(selector) };
    await this.run(
      `const { left, top } = arguments[0].getBoundingClientRect();
      const at = { bubbles: true, cancelable: true, button: 2, clientX: left + 8, clientY: top + 8 };
      arguments[0].dispatchEvent(new MouseEvent('contextmenu', at))`,
      element,
    );
  }

  /** The app's windows. */
  windows() {
    return call(`${this.url}/window/handles`, 'GET');
  }

  /** The window that is looked at. */
  window() {
    return call(`${this.url}/window`, 'GET');
  }

  /** Looks at another window. What was held down in one that is gone is let go of. */
  async lookAt(handle) {
    await this.post('window', { handle });
    await call(`${this.url}/actions`, 'DELETE');
  }

  /** The app's windows, once there are others beside these. */
  async moreWindows(these) {
    await until(async () => {
      const now = await this.windows();
      if (now.every((one) => these.includes(one))) throw new Error('no window has come');
      return true;
    });
    return this.windows();
  }

  /** Waits until there are fewer windows than so many. */
  async fewerWindows(than) {
    await until(async () => (await this.windows()).length < than);
  }

  /** A picture, when nothing moves any more that comes to an end. */
  async screenshot(path) {
    await this.post('execute/async', {
      script: `const done = arguments[0];
        const ending = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime !== Infinity);
        Promise.allSettled(ending.map((one) => one.finished)).then(() => done());`,
      args: [],
    });
    await this.run(DRAW);
    try {
      const picture = await call(`${this.url}/screenshot`, 'GET');
      writeFileSync(path, Buffer.from(picture, 'base64'));
    } finally {
      await this.run('window.drawn.remove()');
    }
  }

  /** Ends the app. */
  async close() {
    await call(this.url, 'DELETE');
  }
}

async function call(url, method, body) {
  // WebKit's driver takes no parameter beside the type, which Node would add.
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
  const { value } = await answer.json();
  if (!answer.ok)
    throw new Error(`${method} ${new URL(url).pathname}: ${value.error}: ${value.message}`);
  return value;
}
