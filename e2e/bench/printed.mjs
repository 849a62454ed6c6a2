// What the bench's targets print: each line can be told from its number, so that every row on screen can be checked.
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Bytes of a line, its newline included. */
export const LINE = 100;
/** A line that is only once in a million, by its number. */
export const RARE = 777_777;

/** What logs hold: some of it not ASCII, some of it coloured. */
const WORDS = [
  'GET /api/v1/jobs 200 in 12 ms, 4096 bytes to 10.0.0.7',
  'compiling the library of tables, grün → 日本語, 12 of 340 files',
  '\u001b[32mok\u001b[0m 128 cases, retrying none of them, 0x7f3a..0x7f4b',
  'linked target/release with 16 sections and \u001b[1m2 warnings\u001b[0m left',
];
const ESCAPE = new RegExp(String.raw`\u001b\[\d+m`, 'g');

/** A line's bytes without its newline, numbered from 1. */
function bytesOf(number) {
  const text = `${String(number).padStart(8, '0')} ${WORDS[number % WORDS.length]} `;
  return text + '.'.repeat(LINE - 1 - Buffer.byteLength(text));
}

const tails = WORDS.map((_, at) => bytesOf(WORDS.length + at).slice(8));

/** A printed line as it is shown. */
export function shown(number) {
  const tail = tails[number % WORDS.length];
  return (String(number).padStart(8, '0') + tail).replace(ESCAPE, '');
}

/** The makefile of the targets; `printer` is this file. */
export function makefile(million) {
  const printer = `${process.execPath} ${fileURLToPath(import.meta.url)}`;
  return [
    '# Nothing is printed.',
    'empty:\n\t@true',
    '# A million lines, as fast as they come.',
    `million:\n\t@cat ${million}`,
    '# The same, and the job goes on.',
    `held:\n\t@cat ${million}; sleep 1000`,
    '# So many lines.',
    `many:\n\t@${printer} $(COUNT)`,
    '# A million lines again and again; a moment before, so that the log can be opened.',
    `floods:\n\t@sleep 2; for n in $$(seq $(TIMES)); do cat ${million}; done`,
    '',
  ].join('\n');
}

/** Writes so many lines. */
export async function print(count, to) {
  const AT_ONCE = 10_000;
  for (let first = 1; first <= count; first += AT_ONCE) {
    let block = '';
    const last = Math.min(first + AT_ONCE - 1, count);
    for (let n = first; n <= last; n++)
      block += `${String(n).padStart(8, '0')}${tails[n % WORDS.length]}\n`;
    if (!to.write(block)) await once(to, 'drain');
  }
}

/** Writes so many lines into a file. */
export async function printInto(path, count) {
  const file = createWriteStream(path);
  await print(count, file);
  file.end();
  await once(file, 'finish');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await print(Number(process.argv[2]), process.stdout);
}
