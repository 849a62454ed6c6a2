// What measures in the page itself, the same in Chromium and in the real webview: it is put there as text.
//
// A frame's work is the time from its first event (a scroll, else requestAnimationFrame) until a task after it can run:
// scripts, style, layout and paint. What is done between frames (answers of the socket) is not in it.

/** Puts `window.bench` there. */
export function install() {
  const scroller = () => document.querySelector('[role="log"]');
  const rows = () => [...document.querySelectorAll('[role="log"] [data-line]')];
  const textOf = (row) => row.querySelector('.text').textContent;
  /** Rows whose text has not come yet. */
  const empty = () => rows().filter((row) => textOf(row) === '').length;
  const frame = () => new Promise((done) => requestAnimationFrame(done));

  // One for all: a browser is slow to forget a channel.
  const { port1, port2 } = new MessageChannel();
  const waiting = [];
  port1.onmessage = () => waiting.shift()(performance.now());

  /** Resolves when what the frame under way draws has been drawn. */
  function drawn() {
    return new Promise((done) => {
      waiting.push(done);
      port2.postMessage(null);
    });
  }

  function full() {
    const log = scroller();
    const all = rows();
    const fits = log && log.clientHeight > 0 && Math.floor(log.clientHeight / 20);
    return all.length > 0 && fits && all.length >= fits && all.every((row) => textOf(row) !== '');
  }

  /** Resolves at the first frame for which something holds, once it has been drawn. */
  async function until(holds, patience = 20_000) {
    const end = performance.now() + patience;
    for (;;) {
      await frame();
      if (holds()) return drawn();
      if (performance.now() > end) throw new Error(`not in ${patience} ms: ${holds}`);
    }
  }

  /** Each frame that is drawn until `next` says that it was the last. */
  async function watch(next) {
    const [intervals, works, lacking] = [[], [], []];
    let [before, begun] = [null, null];
    const scrolled = () => (begun ??= performance.now());
    document.addEventListener('scroll', scrolled, true);
    for (;;) {
      const at = await frame();
      performance.mark('bench-frame');
      const start = begun ?? performance.now();
      begun = null;
      if (before !== null) intervals.push(at - before);
      before = at;
      lacking.push(empty());
      const more = next(works.length);
      works.push((await drawn()) - start);
      if (!more) break;
    }
    document.removeEventListener('scroll', scrolled, true);
    performance.clearMarks();
    return { intervals, works, lacking };
  }

  const click = (selector) => document.querySelector(selector).click();

  window.bench = {
    until,
    /** The rows on screen: numbers and texts. */
    rows: () => rows().map((row) => [Number(row.dataset.line), textOf(row)]),

    /** From a click on a job in the history to its first full screen, in milliseconds. */
    async open(id) {
      await until(() => document.querySelector(`main a[href="/job/${id}"]`));
      const begun = performance.now();
      click(`main a[href="/job/${id}"]`);
      return (await until(full)) - begun;
    },

    /** The same of a log that may be short, or have no line. */
    async openAny(id) {
      await until(() => document.querySelector(`main a[href="/job/${id}"]`));
      click(`main a[href="/job/${id}"]`);
      const has = (words) => document.querySelector('main').textContent.includes(words);
      await until(() => (rows().length > 0 ? empty() === 0 : has('No output')));
    },

    /** Until all rows on screen have their text. */
    whole: () => until(full),

    /** Closes the tab, with all that the page holds of its log, and goes to the history. */
    async close() {
      click('nav[aria-label="Open jobs"] [aria-current="page"] ~ button');
      click('a[href="/history"]');
      await until(() => document.querySelector('main tr[data-job]'));
    },

    /** The same rows a px up and down again: what drawing a window of text costs here, whoever asks for it. */
    shake(frames) {
      const sheet = document.querySelector('[role="log"] .sheet > div');
      return watch((n) => {
        sheet.style.translate = `0 ${n % 2}px`;
        if (n + 1 === frames) sheet.style.translate = '';
        return n + 1 < frames;
      });
    },

    /** From the top to the bottom in so many frames. */
    sweep(frames) {
      const log = scroller();
      const most = log.scrollHeight - log.clientHeight;
      return watch((n) => {
        log.scrollTop = (most * (n + 1)) / frames;
        return n + 1 < frames;
      });
    },

    /** A turn of the wheel in each frame, so many px. */
    wheel(frames, deltaY) {
      const log = scroller();
      return watch((n) => {
        log.dispatchEvent(new WheelEvent('wheel', { deltaY, bubbles: true, cancelable: true }));
        return n + 1 < frames;
      });
    },

    /** To places that chance picks, the same each time; each is stayed at for so many frames. */
    jump(frames, stay) {
      const log = scroller();
      const most = log.scrollHeight - log.clientHeight;
      let chance = 1;
      return watch((n) => {
        if (n % stay === 0) {
          chance = (chance * 48_271) % 2_147_483_647;
          log.scrollTop = (most * chance) / 2_147_483_647;
        }
        return n + 1 < frames;
      });
    },

    /** While a log grows, from its first lines to its end. */
    async follow() {
      await until(() => rows().length > 3);
      const over = () => !document.querySelector('[data-testid="status"][data-status="running"]');
      return watch(() => !over());
    },

    /** Looks for something: until the first hit is shown, and until all are counted; in milliseconds. */
    async find(text) {
      scroller().focus();
      // Hits are stepped to from the top of the window.
      for (const key of ['g', '/'])
        document.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
      await until(() => document.querySelector('search input'));
      const field = document.querySelector('search input');
      const type = (text) => {
        field.value = text;
        field.dispatchEvent(new InputEvent('input', { bubbles: true }));
      };
      // What was looked for before is begun again with the bar.
      type('');
      await until(() => !document.querySelector('mark.current'));
      await new Promise((done) => setTimeout(done, 300));
      type(text);
      const counter = document.querySelector('[data-testid="hits"]');
      const begun = performance.now();
      field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
      const all = until(() => /\d$|No matches/.test(counter.textContent.trim()));
      const first = until(
        () => document.querySelector('mark.current') || counter.textContent === 'No matches',
      );
      const result = { first: (await first) - begun, all: (await all) - begun };
      return { ...result, counter: counter.textContent.trim() };
    },

    /** Closes the search. */
    async endFind() {
      click('search [aria-label="Close find"]');
      await until(() => !document.querySelector('search'));
    },
  };
}
