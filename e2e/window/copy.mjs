// Text out of the log: over rows that are not in the page, onto the desktop's clipboard, and into files.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RAW } from './makefile.mjs';
import { KEY, LOG, button, named, row, same, status, sure } from './stage.mjs';

const text = (n) => `  row ${n} äöü 日本 😀 <b>`;
const texts = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => text(from + i));

/** Copies, and fails where that is not what is wanted. */
async function copies(stage, wanted) {
  const found = await stage.copied();
  if (found !== wanted) {
    const [one, other] = [found, wanted].map((all) => all.split('\n'));
    const at = other.findIndex((line, i) => line !== one[i]);
    throw new Error(
      `${one.length} lines were copied, not ${other.length}; line ${at + 1} is ${JSON.stringify(one.slice(at, at + 3))}`,
    );
  }
}

export const copy = [
  [
    'ten thousand lines are copied without their numbers and times',
    async (stage) => {
      const { app } = stage;
      await stage.run('copy');
      await app.find(status('done'));
      await app.press('g');
      await app.see(text(3), LOG);
      const offset = (await stage.rows()).find(([, found]) => found === text(3))[0] - 3;
      await app.click(`${row(offset + 3)} .number`);
      await app.find(`${row(offset + 3)}.selected`);
      await app.press('G');
      await app.clickWith(KEY.shift, `${row(offset + 9998)} .number`);
      await app.see(`Lines ${offset + 3} to ${offset + 9998} selected`);
      await copies(stage, texts(3, 9998).join('\n'));
      await app.press(KEY.control, 'a');
      await app.find('[role="log"] .marked');
      const all = (await stage.copied()).split('\n');
      same(all.slice(offset, offset + 10_000), texts(1, 10_000), 'copied is');
    },
  ],
  [
    'a word is marked by the mouse and copied',
    async (stage) => {
      const { app } = stage;
      await app.press('g');
      await app.see(text(5), LOG);
      const line = (await stage.rows()).find(([, found]) => found === text(5))[0];
      await app.drag(`${row(line)} .text`, [2.1 * 7.2, 10], [5.1 * 7.2, 10]);
      await app.find(`//*[contains(@class, 'marked')][. = 'row']`);
      await copies(stage, 'row');
    },
  ],
  [
    'a log is saved as text, as a page, and byte for byte',
    async (stage) => {
      const { app, home } = stage;
      const file = join(home, 'bytes');
      writeFileSync(file, RAW);
      await stage.command(`cat ${file}`);
      await app.click(button('Run on this machine'));
      await app.find(`//h1[. = 'cat ${file}']`);
      await app.find(status('done'));
      const saved = async (name, ending) => {
        await app.click(named('Download'));
        await app.click(`//*[@role='menuitem'][normalize-space() = '${name}']`);
        const report = await app.until(
          `return [...document.querySelectorAll('footer [role="status"]')]
            .map((one) => one.textContent).find((text) => text.startsWith('Saved as') && text.endsWith(arguments[0]))`,
          ending,
        );
        await app.gone('[role="menu"]');
        const path = report.replace('Saved as ~', home);
        sure(path.startsWith(join(home, 'Downloads')), `it is in ${path}`);
        return readFileSync(path);
      };
      const raw = await saved('Raw, byte for byte', '.log');
      same(raw.toString('hex'), RAW.toString('hex'), 'the bytes are');
      same(
        (await saved('Text', '.txt')).toString(),
        'red <b>\nbad \ufffd bytes\nno end',
        'the text is',
      );
      const page = (await saved('HTML page with colors', '.html')).toString();
      sure(page.includes('>red</span> &lt;b&gt;'), `the page is ${page.slice(-500)}`);
    },
  ],
];
