// Which file and which folder of the page imports which: no circle. Which folder may know which is in eslint.config.js.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = 'src';
const IMPORT = /\b(?:from|import)\s+'([^']+)'/g;

/** What a file's imports may lack. */
const ENDS = ['', '.ts', '.svelte.ts', '/index.ts'];

/** The file that an import names; none for those of packages. */
function named(from: string, what: string): string | null {
  // A text imports nothing.
  if (what.endsWith('?raw')) return null;
  if (!what.startsWith('.') && !what.startsWith('$lib')) return null;
  const path = what.startsWith('.') ? join(dirname(from), what) : what.replace('$lib', 'src/lib');
  const file = ENDS.map((end) => normalize(path + end)).find(
    (each) => existsSync(each) && statSync(each).isFile(),
  );
  if (file === undefined) throw new Error(`${from} imports ${what}, which is not there`);
  return file;
}

/** The files that each one imports, for its types too. */
function imports(): Map<string, string[]> {
  const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(svelte|ts)$/.test(name))
    .map((name) => join(ROOT, name));
  return new Map(
    files.map((file) => {
      const all = [...readFileSync(file, 'utf8').matchAll(IMPORT)];
      return [file, all.map(([, what]) => named(file, what!)).filter((each) => each !== null)];
    }),
  );
}

/** A way from a file back to itself; none if there is no circle. */
function circle(graph: Map<string, string[]>): string[] | null {
  const done = new Set<string>();
  const walk = (file: string, way: string[]): string[] | null => {
    const at = way.indexOf(file);
    if (at >= 0) return [...way.slice(at), file];
    if (done.has(file)) return null;
    for (const next of graph.get(file) ?? []) {
      const circle = walk(next, [...way, file]);
      if (circle) return circle;
    }
    done.add(file);
    return null;
  };
  for (const file of graph.keys()) {
    const circle = walk(file, []);
    if (circle) return circle;
  }
  return null;
}

/** The folders that each one imports from. A folder and what is inside it may know each other: they are one part. */
function folders(files: Map<string, string[]>): Map<string, string[]> {
  const graph = new Map<string, string[]>();
  for (const [file, imported] of files) {
    const from = dirname(file);
    const others = imported
      .map((each) => dirname(each))
      .filter((to) => !`${to}/`.startsWith(`${from}/`) && !`${from}/`.startsWith(`${to}/`));
    graph.set(from, [...new Set([...(graph.get(from) ?? []), ...others])]);
  }
  return graph;
}

test('a circle is found', () => {
  const graph = new Map([
    ['a', ['b']],
    ['b', ['c']],
    ['c', ['b']],
  ]);
  expect(circle(graph)).toEqual(['b', 'c', 'b']);
});

test('no file of the page imports itself by way of others', () => {
  const graph = imports();
  expect(graph.size).toBeGreaterThan(150);
  expect(circle(graph)).toBeNull();
});

test('a circle of folders is found', () => {
  const files = new Map([
    ['log/a', ['job/b', 'log/inside/c']],
    ['log/inside/c', ['log/a']],
    ['job/b', ['job/d']],
    ['job/d', ['log/e']],
  ]);
  expect(circle(folders(files))).toEqual(['log', 'job', 'log']);
});

test('no folder of the page imports from itself by way of others', () => {
  expect(circle(folders(imports()))).toBeNull();
});
