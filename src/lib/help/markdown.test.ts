import { expect, test } from 'vitest';
import guide from '../../../docs/guide.md?raw';
import { ACTIONS } from '../state/keymap.svelte';
import { type Piece, pageOf, piecesOf } from './markdown';

test('a page has headings, paragraphs, lists and tables', () => {
  const plain = (text: string): Piece[] => [{ text, kind: 'plain' }];
  expect(
    pageOf(
      '# Title\n\n## One two\n\nA line\nand more.\n\n- a\n  b\n- c\n\n| x | y |\n|---|---|\n| `a\\|b` | z |',
    ),
  ).toEqual({
    title: 'Title',
    blocks: [
      { kind: 'heading', text: 'One two', id: 'one-two' },
      { kind: 'paragraph', pieces: plain('A line and more.') },
      { kind: 'list', items: [plain('a   b'), plain('c')] },
      {
        kind: 'table',
        head: [plain('x'), plain('y')],
        rows: [[[{ text: 'a|b', kind: 'code' }], plain('z')]],
      },
    ],
  });
  expect(piecesOf('`a` is **b**.').map(({ kind }) => kind)).toEqual([
    'code',
    'plain',
    'strong',
    'plain',
  ]);
});

test('the guide has nothing but what is understood, and its keys are those of the window', () => {
  const { title, blocks } = pageOf(guide);
  expect(title).toBe('Guide');
  const pieces: Piece[] = blocks.flatMap((block) => {
    if (block.kind === 'heading') return [{ text: block.text, kind: 'plain' as const }];
    if (block.kind === 'paragraph') return block.pieces;
    if (block.kind === 'list') return block.items.flat();
    return [...block.head, ...block.rows.flat()].flat();
  });
  for (const { text, kind } of pieces) if (kind !== 'code') expect(text).not.toMatch(/[`*[\]#]/);
  const keys = pieces.flatMap(({ text, kind }) =>
    kind === 'code' && /^Ctrl (Shift )?[A-Z]$/.test(text) ? [text] : [],
  );
  expect(keys.length).toBeGreaterThan(5);
  const known = [...ACTIONS.map(({ key }) => key), 'Mod+Shift+A', 'Mod+C'];
  for (const key of keys) expect(known).toContain(key.replace('Ctrl ', 'Mod+').replace(' ', '+'));
});
