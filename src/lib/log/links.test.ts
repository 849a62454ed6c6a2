import { expect, test } from 'vitest';
import { linksIn } from './links';

const found = (text: string) =>
  linksIn(text, null, true).map((link) => [link.kind, text.slice(link.start, link.end)]);

test('addresses end where their sentence goes on', () => {
  const urls = (text: string) => found(text).map(([, url]) => url);
  expect(urls('see https://x.org/a?b=1#c.')).toEqual(['https://x.org/a?b=1#c']);
  expect(urls('(http://localhost:8080/)')).toEqual(['http://localhost:8080/']);
  expect(urls('https://x.org/A_(b), https://y.org')).toEqual([
    'https://x.org/A_(b)',
    'https://y.org',
  ]);
  expect(urls('"https://x.org"')).toEqual(['https://x.org']);
  expect(urls('javascript:alert(1) file:///etc/passwd')).toEqual([]);
});

test('places in files are found in the forms that programs use', () => {
  const place = (text: string) => found(text)[0]?.[1];
  expect(place('main.tf:4:12: Warning')).toBe('main.tf:4:12');
  expect(place('    at src/checkout.test.ts:42:17')).toBe('src/checkout.test.ts:42:17');
  expect(place('    at run (/srv/app/a.js:1:2)')).toBe('/srv/app/a.js:1:2');
  expect(place('  File "app.py", line 3, in main')).toBe('"app.py", line 3');
  expect(place('src/a.ts(3,7): error TS1')).toBe('src/a.ts(3,7)');
  expect(place('Makefile:2: *** missing separator')).toBe('Makefile:2');
});

test('what only looks like a place is none', () => {
  for (const text of ['12:34:56 started', 'http://localhost:8080', '127.0.0.1:5432', 'a: 3', ''])
    expect(found(text).filter(([kind]) => kind === 'place')).toEqual([]);
});

test('the place of an error goes before others, and files of a host are not linked', () => {
  const text = 'a.c:1:2: see b.c:3 at https://x.org/c.c:9';
  const links = linksIn(text, { start: 0, end: 7 }, true);
  expect(links.map(({ kind }) => kind)).toEqual(['place', 'url']);
  expect(linksIn(text, { start: 0, end: 7 }, false).map(({ kind }) => kind)).toEqual(['url']);
});

test('words with an address behind them lead there, whatever they are', () => {
  const url = 'https://evil.example/x';
  const text = 'see https://bank.example or src/a.c:3';
  const links = linksIn(text, null, true, [
    { start: 4, end: 24, url },
    { start: 28, end: 37, url },
  ]);
  expect(links).toEqual([
    { start: 4, end: 24, kind: 'url', href: url },
    { start: 28, end: 37, kind: 'url', href: url },
  ]);
});

test('words with a file behind them are a place, on this machine alone', () => {
  const behind = [{ start: 4, end: 10, url: 'file:///srv/report.html' }];
  expect(linksIn('see report now', null, true, behind)).toEqual([
    { start: 4, end: 10, kind: 'place', isCause: false, href: 'file:///srv/report.html' },
  ]);
  expect(linksIn('see report now', null, false, behind)).toEqual([]);
});
