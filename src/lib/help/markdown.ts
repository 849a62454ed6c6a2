// The guide's text as parts that the page shows: as much of Markdown as it uses.

/** A piece of a line. */
export interface Piece {
  text: string;
  kind: 'plain' | 'strong' | 'code';
}

/** A part of a page. */
export type Block =
  | { kind: 'heading'; text: string; id: string }
  | { kind: 'paragraph'; pieces: Piece[] }
  | { kind: 'list'; items: Piece[][] }
  | { kind: 'table'; head: Piece[][]; rows: Piece[][][] };

/** A page: its title, and what is below it. */
export interface Page {
  title: string;
  blocks: Block[];
}

/** Reads a page. */
export function pageOf(markdown: string): Page {
  const parts = markdown.trim().split(/\n{2,}/);
  const title = parts[0]?.startsWith('# ') ? parts.shift()!.slice(2) : '';
  return { title, blocks: parts.map(blockOf) };
}

function blockOf(part: string): Block {
  const lines = part.split('\n');
  if (part.startsWith('## ')) {
    const text = part.slice(3);
    return { kind: 'heading', text, id: text.toLowerCase().replaceAll(' ', '-') };
  }
  if (part.startsWith('- ')) {
    const items = part.split(/\n(?=- )/).map((item) => item.slice(2).replaceAll('\n', ' '));
    return { kind: 'list', items: items.map(piecesOf) };
  }
  if (part.startsWith('|')) {
    const [head = [], , ...rows] = lines.map(cellsOf);
    return { kind: 'table', head, rows };
  }
  return { kind: 'paragraph', pieces: piecesOf(lines.join(' ')) };
}

/** The cells of a row; a bar in one is written as `\|`. */
function cellsOf(row: string): Piece[][] {
  const cells = row.slice(1, row.lastIndexOf('|')).split(/(?<!\\)\|/);
  return cells.map((cell) => piecesOf(cell.trim().replaceAll(String.raw`\|`, '|')));
}

/** Code between backticks, and what is strong between two pairs of stars. */
export function piecesOf(line: string): Piece[] {
  return line
    .split(/(`[^`]+`|\*\*[^*]+\*\*)/)
    .filter((text) => text !== '')
    .map((text): Piece => {
      if (text.startsWith('`')) return { text: text.slice(1, -1), kind: 'code' };
      if (text.startsWith('**')) return { text: text.slice(2, -2), kind: 'strong' };
      return { text, kind: 'plain' };
    });
}
