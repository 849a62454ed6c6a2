// A log that grows, and what it is drawn as.
import { KEY, LOG, ROWS, named, same, status, sure } from './stage.mjs';

const PAUSED = `//button[contains(., 'Paused')]`;
const FOLLOWING = `//footer//span[contains(., 'Following')]`;
export const follow = [
  [
    'a running job is followed; the wheel pauses it, and its view stays while lines come',
    async (stage) => {
      const { app } = stage;
      await stage.run('ticks');
      await stage.reaches(60);
      await app.find(FOLLOWING);
      await app.wheel('[role="log"]', -200);
      await app.find(PAUSED);
      // The wheel's own movement comes to its end.
      await app.until(
        `const { scrollTop } = document.querySelector('[role="log"]');
        const { last, looks } = window.still ?? {};
        window.still = { last: scrollTop, looks: scrollTop === last ? looks + 1 : 0 };
        return window.still.looks > 20`,
      );
      const before = await stage.rows();
      await app.find(
        `//button[contains(., 'Paused') and number(translate(., translate(., '0123456789', ''), '')) > 30]`,
      );
      same(await stage.rows(), before, 'the view is');
    },
  ],
  [
    'End follows again, and the newest line is at the foot of the log',
    async ({ app }) => {
      await app.run(`document.querySelector('[role="log"]').focus()`);
      await app.type(KEY.end);
      await app.find(FOLLOWING);
      await app.until(
        `const log = document.querySelector('[role="log"]');
        const rows = [...log.querySelectorAll('[data-line]')];
        const last = Math.max(...rows.map((row) => Number(row.dataset.line)));
        return last > arguments[0] && log.scrollHeight - log.scrollTop - log.clientHeight <= 1`,
        100,
      );
    },
  ],
  [
    'a key cancels it, and the log stands at its end',
    async (stage) => {
      await stage.cancel();
      const rows = await stage.app.until(`${ROWS.replace('return', 'const rows =')};
        const lines = Number(document.querySelector('[data-testid="extent"]').textContent.split(' ')[0]);
        return rows.at(-1)?.[0] === lines && rows`);
      sure(rows.length > 10, `${rows.length} rows are on screen`);
    },
  ],
  [
    'a line that is drawn over by \\r is one line that changes',
    async (stage) => {
      const { app } = stage;
      await stage.run('progress');
      await app.see('copied 33 %', LOG);
      const [at] = (await stage.rows()).find(([, text]) => text === 'copied 33 %');
      await app.click(named('Input for the job'));
      await app.type(`go${KEY.enter}`);
      await app.find(`${LOG}//*[@data-line="${at}"]//*[text()[contains(., 'copied 100 %')]]`);
      await app.find(status('done'));
      await app.see('end', LOG);
      const copied = (await stage.rows()).filter(([, text]) => text.includes('copied'));
      same(copied, [[at, 'copied 100 %']], 'the lines are');
    },
  ],
  [
    'colours are styles of pieces of text',
    async (stage) => {
      await stage.run('colours');
      await stage.app.find(status('done'));
      const looks = await stage.app.until(
        `const row = [...document.querySelectorAll('[role="log"] .text')].find((row) => row.textContent.includes('plain'));
        if (!row) return null;
        const plain = getComputedStyle(row).color;
        return Object.fromEntries([...row.querySelectorAll('span')].map((span) => {
          const { color, backgroundColor, fontWeight, fontStyle, textDecorationLine } = getComputedStyle(span);
          return [span.textContent, { coloured: color !== plain, backgroundColor, fontWeight, fontStyle, textDecorationLine }];
        }))`,
      );
      sure(looks.red?.coloured, `red is ${JSON.stringify(looks)}`);
      same([looks['bold 46'].coloured, looks['bold 46'].fontWeight], [true, '700']);
      same([looks.true.backgroundColor, looks.true.fontStyle], ['rgb(10, 20, 30)', 'italic']);
      same(looks.under.textDecorationLine, 'underline');
    },
  ],
];
