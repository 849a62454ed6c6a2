// Finding in all lines, also of a log that grows; going to a line; and the errors it tells of.
import { MANY } from './makefile.mjs';
import { KEY, LOG, ROWS, named, row, same, status, sure } from './stage.mjs';

const FIELD = 'input[aria-label="Find in all lines"]';
const ONLY = `//button[starts-with(normalize-space(), 'Only matches')]`;

/** Waits for what the counter of hits says. */
const counted = (app, pattern) =>
  app.until(
    `const text = document.querySelector('[data-testid="hits"]')?.textContent;
    return new RegExp(arguments[0]).test(text) && text`,
    pattern,
  );

const numbers = (text) => text.split(' / ').map((word) => parseInt(word, 10));

/** Waits until the current hit is on screen in this line. */
const hit = (app, line) => app.find(`${row(line)} mark.current`);

export const find = [
  [
    'a job that runs is searched as it writes, and a hit pauses following',
    async (stage) => {
      const { app } = stage;
      await stage.run('ticks');
      await stage.reaches(60);
      await app.press(KEY.control, 'f');
      await app.type('tick 1');
      const [at, before] = numbers(await counted(app, '^[0-9]+ / [0-9]+'));
      await app.find(`//button[contains(., 'Paused')]`);
      // It is marked once its line is drawn.
      const found = await app.until(
        `return document.querySelector('[role="log"] mark.current')?.closest('.text').textContent`,
      );
      sure(/^tick 1\d*\.$/.test(found), `the hit is in ${found}`);
      // 1, 10 to 19 and 100 to 199.
      const [still] = numbers(await counted(app, '^[0-9]+ / 111'));
      same(still, at, 'the hit is');
      sure(before < 111, `${before} hits were there at once`);
      await app.type(KEY.enter);
      await counted(app, `^${at + 1} / `);
      await app.type(KEY.escape);
      await app.gone(FIELD);
      same(
        await app.run(`return document.activeElement.getAttribute('role')`),
        'log',
        'the keyboard has',
      );
      await stage.cancel();
    },
  ],
  [
    'two million lines open, and their end and any one of them is a key away',
    async (stage) => {
      const { app } = stage;
      await stage.run('many');
      await app.find(status('done'));
      await app.press('G');
      await app.see(`row ${MANY} of many`, LOG);
      await app.press('g');
      await app.see('row 1 of many', LOG);
      // Line 1 may be make's own.
      const offset = (await stage.rows()).find(([, text]) => text === 'row 1 of many')[0] - 1;
      for (const wanted of [1_234_567, 777, MANY - 3]) {
        await app.press(KEY.control, 'l');
        await app.find('#go-to-line');
        await app.type(`${wanted + offset}${KEY.enter}`);
        await app.find(`${row(wanted + offset)}.selected`);
        const rows = await app.until(`${ROWS.replace('return', 'const rows =')}
          return rows.every(([, text]) => text !== '') && rows`);
        sure(rows.length > 10, `${rows.length} rows are on screen`);
        sure(rows.length < 80, `${rows.length} rows are in the page`);
        const wrong = rows.filter(
          ([n, text]) => n - offset <= MANY && n > offset && text !== `row ${n - offset} of many`,
        );
        same(wrong, [], 'wrong are');
      }
    },
  ],
  [
    'all of them are searched: counter, next and previous, marks, only hits, Escape',
    async (stage) => {
      const { app } = stage;
      await app.press('g');
      await app.press(KEY.control, 'f');
      await app.type('ROW 77777');
      // 77777 and 777770 to 777779.
      await counted(app, '^1 / 11$');
      const at = Number(
        await app.until(
          `return document.querySelector('[role="log"] mark.current')?.closest('[data-line]').dataset.line`,
        ),
      );
      const offset = at - 77_777;
      sure(Math.abs(offset) < 3, `the first hit is in line ${at}`);
      await app.type(KEY.enter);
      await counted(app, '^2 / 11$');
      await hit(app, 777_770 + offset);
      same(
        await app.run(`return document.querySelectorAll('[role="log"] mark').length`),
        10,
        'the marks are',
      );
      await app.press(KEY.shift, KEY.enter);
      await app.press(KEY.shift, KEY.enter);
      await counted(app, '^11 / 11$');
      await hit(app, 777_779 + offset);
      await app.find('[data-testid="ruler"][data-hits="2"]');
      await stage.picture('found');
      await app.click(ONLY);
      await app.until(`return document.querySelectorAll('[role="log"] [data-line]').length === 19`);
      await app.click(named('Match case'));
      await counted(app, '^No matches$');
      await app.click(ONLY);
      await app.click(named('Match case'));
      await counted(app, '/ 11$');
      await app.click(FIELD);
      await app.type(KEY.escape);
      await app.gone('[role="log"] mark');
    },
  ],
  [
    'a failed job has its errors a key away',
    async (stage) => {
      const { app } = stage;
      await stage.run('faults');
      await app.find(status('error'));
      await app.see('1500', LOG);
      await app.click(`//*[@data-testid='errors']//button[1]`);
      await app.find(`//*[@data-testid='errors'][contains(., '1 of ')]`);
      const at = await app.until(
        `const row = document.querySelector('[role="log"] .fault');
        return row?.textContent.includes('src/a.c:3:7: error: no') && Number(row.dataset.line)`,
      );
      await app.run(`document.querySelector('[role="log"]').focus()`);
      await app.press('e');
      await app.find(`${row(at + 501)}.fault`);
      await app.find(`//*[@data-testid='errors'][contains(., '2 of ')]`);
      await app.press('E');
      await app.find(`${row(at)}.fault`);
      await app.see('src/a.c:3:7', LOG);
    },
  ],
  [
    'opened again, it begins at its first error',
    async (stage) => {
      await stage.run('hello');
      await stage.app.click('a[href="/history"]');
      await stage.app.click(`//tr[@data-job]//a[normalize-space()='faults']`);
      await stage.app.see('src/a.c:3:7', LOG);
    },
  ],
];
