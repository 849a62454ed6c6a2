// What another wrote is shown by `Verbatim`, `VerbatimBlock` or `visible`: a component that forgets it is found here.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AST, parse } from 'svelte/compiler';
import { expect, test } from 'vitest';

/** Where the page's components are. */
const FOLDER = 'src/lib/components';
/** Attributes that are read by a person; others are props, classes and the like. */
const READ = ['title', 'aria-label', 'aria-description', 'placeholder', 'alt'];
/** Components that show their title by `Verbatim` themselves. */
const SHOWN = ['Disclosure', 'Section'];
/** Names for what comes from servers, makefiles, configs, rows and files, or speaks of them. */
const STRANGERS =
  /\b(name|names|command|doc|path|problem|reason|host|hostname|line|text|owner|detail|why|message|file|hint|danger|cwd|paused|waits|survivors|folder|fingerprint|key_type|address|refusal|incomplete|failure|help|label|value|written|by|aside|description)\b/;
/** Numbers, and choices between words of ours. */
const OURS =
  /^(count|many|size|took|clock)\(|^i \+ 1$|\? ['`][^]*['`] : ('[^']*'|undefined)$|\? `[^]*`[^]*: ''$/;
/** Words of ours under such names, and where marks are made. */
const ALLOWED = [
  'ShortcutsDialog.svelte: name',
  'history/DayTable.svelte: day.name',
  'history/HitLine.svelte: part.text',
  'job/JobDetails.svelte: name',
  'log/FindBar.svelte: label',
  'form/Choice.svelte: label',
  'ui/command/command-group.svelte: heading',
  'log/LogText.svelte: text',
  'log/LogText.svelte: plain',
  'log/LogText.svelte: part.text',
  'Matched.svelte: run.text',
  'Verbatim.svelte: part.text',
  'VerbatimBlock.svelte: part.text',
];

/** What a component puts into the page as it is: expressions in its text, and in attributes that are read. */
function shown(source: string): string[] {
  const expressions: string[] = [];
  const note = ({ expression }: AST.ExpressionTag) => {
    const { start, end } = expression as unknown as { start: number; end: number };
    expressions.push(source.slice(start, end));
  };
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (typeof node !== 'object' || node === null) return;
    const { type, name, nodes, attributes } = node as Partial<AST.BaseElement & AST.Fragment>;
    if ((type as string) === 'Fragment') {
      for (const child of nodes!) if (child.type === 'ExpressionTag') note(child);
    }
    for (const attribute of attributes ?? []) {
      if (attribute.type !== 'Attribute' || !READ.includes(attribute.name)) continue;
      if (attribute.name === 'title' && SHOWN.includes(name!)) continue;
      const values = Array.isArray(attribute.value) ? attribute.value : [attribute.value];
      for (const value of values) if (value !== true && value.type === 'ExpressionTag') note(value);
    }
    for (const [key, child] of Object.entries(node)) if (key !== 'expression') visit(child);
  };
  visit(parse(source, { modern: true }).fragment);
  return expressions;
}

test('what a component shows is found', () => {
  const source =
    '<p title="a {job.name}" class="{host.name}">{#if x}{job.reason}{/if}<Y text={a.name} /></p>';
  expect(shown(source)).toEqual(['job.name', 'job.reason']);
});

test('no component shows what another wrote as it is', () => {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' });
  const wrong = files
    .filter((name) => name.endsWith('.svelte'))
    .flatMap((name) =>
      shown(readFileSync(join(FOLDER, name), 'utf8'))
        .filter((inside) => STRANGERS.test(inside) && !/\bvisible\(/.test(inside))
        .filter((inside) => !OURS.test(inside.trim()))
        .map((inside) => `${name}: ${inside}`),
    );
  expect(wrong.filter((one) => !ALLOWED.includes(one))).toEqual([]);
});
