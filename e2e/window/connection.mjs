// A socket that drops.
import { KEY, ROWS, same, sure } from './stage.mjs';

/** Keeps the page's socket at hand: whatever it sends next names it. */
const KEEP = `const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (message) { window.socket = this; return send.call(this, message); }`;

/** All lines of the log, read screen by screen. */
async function all({ app }) {
  await app.run(`document.querySelector('[role="log"]').focus()`);
  await app.type(KEY.home);
  const lines = [];
  for (;;) {
    // The next line is on screen, or there is none.
    const { rows, over } = await app.until(
      `${ROWS.replace('return', 'const rows =')};
      const next = rows.findIndex(([number]) => number === arguments[0]);
      const last = Number(document.querySelector('[data-testid="extent"]').textContent.split(' ')[0].replace(',', ''));
      const come = rows.slice(Math.max(0, next));
      const over = arguments[0] > last;
      return (over || (next >= 0 && come.every(([, text]) => text !== ''))) && { rows: come, over }`,
      lines.length + 1,
    );
    if (over) return lines;
    for (const [number, text] of rows) {
      same(number, lines.length + 1, 'the next line is');
      lines.push(text);
    }
    await app.type(KEY.pageDown);
  }
}

export const connection = [
  [
    'a dropped socket comes back by itself, and a log that runs has no gap and no double',
    async (stage) => {
      const { app } = stage;
      await app.run(KEEP);
      await stage.run('ticks');
      await stage.reaches(20);
      for (const tick of [90, 170]) {
        const dropped = await app.run('window.socket.close(); return window.socket.readyState');
        sure(dropped >= 2, `the socket is in state ${dropped}`);
        await stage.reaches(tick);
      }
      await stage.cancel();
      const lines = await all(stage);
      const ticks = lines.filter((text) => text.startsWith('tick'));
      sure(ticks.length >= 160, `${ticks.length} lines were read`);
      same(
        ticks.filter((text, i) => text !== `tick ${i + 1}.`),
        [],
        'out of order are',
      );
    },
  ],
];
