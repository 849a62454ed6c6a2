// A stranger's project: nothing of it runs before it is trusted, and what it prints stays text.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOSTILE } from './makefile.mjs';
import { LOG, button, same, status, sure, target } from './stage.mjs';

export const hostile = [
  [
    'the system’s own dialog opens, and a folder that is typed there is added',
    async (stage) => {
      const { app } = stage;
      stage.stranger = join(stage.home, 'stranger');
      mkdirSync(stage.stranger);
      writeFileSync(join(stage.stranger, 'Makefile'), HOSTILE);
      const typed = stage.screen('type', 'A folder with a Makefile', stage.stranger);
      await app.click('[aria-label="Add a folder with a Makefile"]');
      await typed;
      await app.find(target('html'));
    },
  ],
  [
    'nothing of it has run before it is trusted',
    async ({ app, stranger }) => {
      await app.click(target('html'));
      await app.find(button('Trust stranger and continue'));
      sure(!existsSync(join(stranger, 'ran-at-once')), 'its makefile ran');
      await app.click(button('Trust stranger and continue'));
      await app.find(status('done'));
    },
  ],
  [
    'markup, links, titles, clipboards and turned letters are text',
    async (stage) => {
      const { app } = stage;
      await app.see('<script>window.hacked = 1</script><img src=x onerror=', LOG);
      await app.see('&lt;not markup&gt; {@html x}', LOG);
      await app.see('nul ', LOG);
      const texts = (await stage.rows()).map(([, text]) => text);
      sure(texts.includes('after the escapes'), `it is ${JSON.stringify(texts)}`);
      sure(texts.includes('a link after it'), `it is ${JSON.stringify(texts)}`);
      // Letters that turn the direction stay in their line: every line begins where all begin.
      sure(
        texts.includes('pay \u202ella\u202c to \u2066me\u2069'),
        `it is ${JSON.stringify(texts)}`,
      );
      const begins = await app.run(
        `return [...document.querySelectorAll('[role="log"] [data-line]')]
          .map((row) => ['.number', '.text'].map((part) => Math.round(row.querySelector(part).getBoundingClientRect().left)).join())`,
      );
      same(new Set(begins).size, 1, 'different beginnings of lines are');
      const odd = `[role="log"] :is(img, script, a, iframe, object)`;
      same(
        await app.run(`return document.querySelectorAll(arguments[0]).length`, odd),
        0,
        'elements are',
      );
      same(await app.run(`return 'hacked' in window`), false, 'hacked is');
      same(await app.run('return document.title'), 'make html · VM Orchestrator', 'the title is');
      sure((await stage.clipboard()) !== 'evil', 'it wrote to the clipboard');
      await stage.picture('hostile');
    },
  ],
];
