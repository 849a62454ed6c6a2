// Writes src/lib/log/blocks.ttf: the lines and blocks that programs draw bars and frames with, as high as a row of the log and
// a little wider than a column, so that they meet. A font of text has them as high as its letters, which leaves gaps between
// rows. Its measures are those of JetBrains Mono, beside whose letters they are. To be run by hand: node scripts/block-font.mjs
import { writeFileSync } from 'node:fs';

const EM = 1000;
const WIDTH = 600;
const [ASCENT, DESCENT] = [1020, -300];
/** The middle of a row, and its height: 5/3 of the letters' size, rounded up to a px. */
const MIDDLE = (ASCENT + DESCENT) / 2;
const HEIGHT = 1710;
const [BOTTOM, TOP] = [MIDDLE - HEIGHT / 2, MIDDLE + HEIGHT / 2];
/** What lies over the next column: half a px of the smallest letters. A column may begin within a px, which only one that has
 * it wholly leaves without a seam. */
const OVER = 50;
const [LEFT, RIGHT, CENTER] = [-OVER, WIDTH + OVER, WIDTH / 2];
/** How thick lines are: light and heavy; and half of the distance between the two of a double one. */
const THICK = [0, 84, 168];
const APART = 95;

const box = (x0, y0, x1, y1) => [
  [x0, y0],
  [x0, y1],
  [x1, y1],
  [x1, y0],
];
const part = (x0, y0, x1, y1) =>
  box(
    x0 === 0 ? LEFT : x0 * WIDTH,
    BOTTOM + y0 * HEIGHT,
    x1 === 1 ? RIGHT : x1 * WIDTH,
    BOTTOM + y1 * HEIGHT,
  );

/** Glyphs by code point: outlines of points. */
const glyphs = new Map();

function blocks() {
  glyphs.set(0x2580, [part(0, 1 / 2, 1, 1)]);
  for (let n = 1; n <= 8; n++) glyphs.set(0x2580 + n, [part(0, 0, 1, n / 8)]);
  for (let n = 7; n >= 1; n--) glyphs.set(0x2590 - n, [part(0, 0, n / 8, 1)]);
  glyphs.set(0x2590, [part(1 / 2, 0, 1, 1)]);
  const [columns, rows] = [4, 10];
  const dots = (x, y) =>
    Array.from({ length: columns * rows }, (_, at) => {
      const [column, row] = [at % columns, Math.floor(at / columns)];
      const [left, bottom] = [(column + x) / columns, (row + y) / rows];
      const [w, h] = [WIDTH / columns / 2, HEIGHT / rows / 2];
      return box(left * WIDTH, BOTTOM + bottom * HEIGHT, left * WIDTH + w, BOTTOM + bottom * HEIGHT + h);
    });
  const bars = Array.from({ length: rows }, (_, row) => part(0, (row + 1 / 2) / rows, 1, (row + 1) / rows));
  glyphs.set(0x2591, dots(0, 0));
  glyphs.set(0x2592, [...dots(0, 0), ...dots(1 / 2, 1 / 2)]);
  glyphs.set(0x2593, [...dots(0, 0), ...bars]);
  glyphs.set(0x2594, [part(0, 7 / 8, 1, 1)]);
  glyphs.set(0x2595, [part(7 / 8, 0, 1, 1)]);
  const [ul, ur, ll, lr] = [
    part(0, 1 / 2, 1 / 2, 1),
    part(1 / 2, 1 / 2, 1, 1),
    part(0, 0, 1 / 2, 1 / 2),
    part(1 / 2, 0, 1, 1 / 2),
  ];
  const quadrants = [[ll], [lr], [ul], [ul, ll, lr], [ul, lr], [ul, ur, ll], [ul, ur, lr], [ur], [ur, ll], [ur, ll, lr]];
  quadrants.forEach((parts, at) => glyphs.set(0x2596 + at, parts));
}

/** Arms of lines that meet in the middle: left, right, up, down, each 0, 1 (light) or 2 (heavy). */
function arms(left, right, up, down) {
  const across = Math.max(THICK[up], THICK[down]) / 2;
  const along = Math.max(THICK[left], THICK[right]) / 2;
  const parts = [];
  if (left) parts.push(box(LEFT, MIDDLE - THICK[left] / 2, CENTER + across, MIDDLE + THICK[left] / 2));
  if (right) parts.push(box(CENTER - across, MIDDLE - THICK[right] / 2, RIGHT, MIDDLE + THICK[right] / 2));
  if (up) parts.push(box(CENTER - THICK[up] / 2, MIDDLE - along, CENTER + THICK[up] / 2, TOP));
  if (down) parts.push(box(CENTER - THICK[down] / 2, BOTTOM, CENTER + THICK[down] / 2, MIDDLE + along));
  return parts;
}

function lines() {
  // From 0x250c on: corners, tees and crosses, in Unicode's order; four digits are left, right, up, down.
  const ALL =
    '0101 0201 0102 0202 1001 2001 1002 2002 0110 0210 0120 0220 1010 2010 1020 2020 ' +
    '0111 0211 0121 0112 0122 0221 0212 0222 1011 2011 1021 1012 1022 2021 2012 2022 ' +
    '1101 2101 1201 2201 1102 2102 1202 2202 1110 2110 1210 2210 1120 2120 1220 2220 ' +
    '1111 2111 1211 2211 1121 1112 1122 2121 1221 2112 1212 2221 2212 2122 1222 2222';
  ALL.split(' ').forEach((digits, at) => glyphs.set(0x250c + at, arms(...[...digits].map(Number))));
  const more = { 2500: '1100', 2501: '2200', 2502: '0011', 2503: '0022', '257c': '1200', '257d': '0012', '257e': '2100', '257f': '0021' };
  for (const [code, digits] of Object.entries(more))
    glyphs.set(parseInt(code, 16), arms(...[...digits].map(Number)));
  // Half lines end in the middle, where the other half begins.
  ['1000', '0010', '0100', '0001', '2000', '0020', '0200', '0002'].forEach((digits, at) =>
    glyphs.set(0x2574 + at, arms(...[...digits].map(Number))),
  );
}

/** Double lines: what meets in the middle leaves room between the two. */
function doubles() {
  const t = THICK[1] / 2;
  const row = (y, x0, x1) => box(x0, y - t, x1, y + t);
  const column = (x, y0, y1) => box(x - t, y0, x + t, y1);
  const [l, r, d, u] = [CENTER - APART, CENTER + APART, MIDDLE - APART, MIDDLE + APART];
  const [across, along] = [[row(u, LEFT, RIGHT), row(d, LEFT, RIGHT)], [column(l, BOTTOM, TOP), column(r, BOTTOM, TOP)]];
  glyphs.set(0x2550, across);
  glyphs.set(0x2551, along);
  glyphs.set(0x2554, [row(u, l - t, RIGHT), row(d, r - t, RIGHT), column(l, BOTTOM, u + t), column(r, BOTTOM, d + t)]);
  glyphs.set(0x2557, [row(u, LEFT, r + t), row(d, LEFT, l + t), column(r, BOTTOM, u + t), column(l, BOTTOM, d + t)]);
  glyphs.set(0x255a, [row(d, l - t, RIGHT), row(u, r - t, RIGHT), column(l, d - t, TOP), column(r, u - t, TOP)]);
  glyphs.set(0x255d, [row(d, LEFT, r + t), row(u, LEFT, l + t), column(r, d - t, TOP), column(l, u - t, TOP)]);
  glyphs.set(0x2560, [along[0], row(u, r - t, RIGHT), row(d, r - t, RIGHT), column(r, u - t, TOP), column(r, BOTTOM, d + t)]);
  glyphs.set(0x2563, [along[1], row(u, LEFT, l + t), row(d, LEFT, l + t), column(l, u - t, TOP), column(l, BOTTOM, d + t)]);
  glyphs.set(0x2566, [across[0], row(d, LEFT, l + t), row(d, r - t, RIGHT), column(l, BOTTOM, d + t), column(r, BOTTOM, d + t)]);
  glyphs.set(0x2569, [across[1], row(u, LEFT, l + t), row(u, r - t, RIGHT), column(l, u - t, TOP), column(r, u - t, TOP)]);
  glyphs.set(0x256c, [
    row(u, LEFT, l + t), row(d, LEFT, l + t), row(u, r - t, RIGHT), row(d, r - t, RIGHT),
    column(l, u - t, TOP), column(r, u - t, TOP), column(l, BOTTOM, d + t), column(r, BOTTOM, d + t),
  ]);
}

/** Round corners: a quarter of a ring, and straight lines from it to the edges. */
function arcs() {
  const [t, radius, steps] = [THICK[1] / 2, CENTER, 8];
  const corner = (sx, sy) => {
    // The middle of the circle is at the edge to the side, and below or above the middle.
    const [cx, cy] = [CENTER + sx * radius, MIDDLE + sy * radius];
    const at = (r, step) => {
      const angle = (step / steps) * (Math.PI / 2);
      return [cx - sx * r * Math.cos(angle), cy - sy * r * Math.sin(angle)];
    };
    const all = [0, 1, 2, 3, 4, 5, 6, 7, 8];
    const ring = [...all.map((step) => at(radius + t, step)), ...all.reverse().map((step) => at(radius - t, step))];
    const edge = sx > 0 ? [WIDTH, RIGHT] : [LEFT, 0];
    return [
      ring,
      box(CENTER - t, sy > 0 ? cy : BOTTOM, CENTER + t, sy > 0 ? TOP : cy),
      box(edge[0], MIDDLE - t, edge[1], MIDDLE + t),
    ];
  };
  glyphs.set(0x256d, corner(1, -1));
  glyphs.set(0x256e, corner(-1, -1));
  glyphs.set(0x256f, corner(-1, 1));
  glyphs.set(0x2570, corner(1, 1));
}

blocks();
lines();
doubles();
arcs();

// The rest is the form of a TrueType font (OpenType 1.9).
const codes = [...glyphs.keys()].sort((a, b) => a - b);
const bytes = (...parts) => Buffer.concat(parts);
const u8 = (...all) => Buffer.from(all);
const u16 = (...all) => {
  const out = Buffer.alloc(all.length * 2);
  all.forEach((n, at) => out.writeUInt16BE(n & 0xffff, at * 2));
  return out;
};
const u32 = (...all) => {
  const out = Buffer.alloc(all.length * 4);
  all.forEach((n, at) => out.writeUInt32BE(n >>> 0, at * 4));
  return out;
};
const padded = (data) => bytes(data, Buffer.alloc((4 - (data.length % 4)) % 4));

/** Outlines turn clockwise, so that what overlaps is filled. */
function clockwise(points) {
  const area = points.reduce((sum, [x, y], at) => {
    const [nx, ny] = points[(at + 1) % points.length];
    return sum + (nx - x) * (ny + y);
  }, 0);
  return area < 0 ? [...points].reverse() : points;
}

function outline(parts) {
  const contours = parts.map((points) => clockwise(points.map(([x, y]) => [Math.round(x), Math.round(y)])));
  const points = contours.flat();
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const ends = contours.map(((sum) => (contour) => (sum += contour.length) - 1)(0));
  const steps = (values) => u16(...values.map((value, at) => value - (values[at - 1] ?? 0)));
  const head = u16(contours.length, Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys));
  const ON = 1;
  const OVERLAPS = 0x40;
  const flags = points.map((_, at) => (at === 0 ? ON | OVERLAPS : ON));
  return { data: padded(bytes(head, u16(...ends), u16(0), u8(...flags), steps(xs), steps(ys))), points: points.length, contours: contours.length };
}

const drawn = codes.map((code) => outline(glyphs.get(code)));
const none = outline([box(60, 0, 540, 700)]);
const all = [none, ...drawn];
const offsets = all.reduce((list, { data }) => [...list, list.at(-1) + data.length], [0]);
const DATE = [0, 0];
const NAME = 'VM Orchestrator Blocks';

function cmap() {
  // Runs of code points that follow one another.
  const runs = [];
  codes.forEach((code, at) => {
    const last = runs.at(-1);
    if (last && last.end + 1 === code) last.end = code;
    else runs.push({ start: code, end: code, glyph: at + 1 });
  });
  runs.push({ start: 0xffff, end: 0xffff, glyph: 0 });
  const power = 2 ** Math.floor(Math.log2(runs.length));
  const table = bytes(
    u16(runs.length * 2, power * 2, Math.log2(power), (runs.length - power) * 2),
    u16(...runs.map(({ end }) => end)),
    u16(0),
    u16(...runs.map(({ start }) => start)),
    u16(...runs.map(({ start, glyph }) => (glyph === 0 ? 1 : glyph - start))),
    u16(...runs.map(() => 0)),
  );
  return bytes(u16(0, 1, 3, 1), u32(12), u16(4, table.length + 6, 0), table);
}

function name() {
  const words = { 1: NAME, 2: 'Regular', 3: NAME, 4: NAME, 5: 'Version 1.0', 6: NAME.replaceAll(' ', '') };
  const texts = Object.entries(words).map(([id, text]) => [Number(id), Buffer.from(text, 'utf16le').swap16()]);
  let at = 0;
  const records = texts.map(([id, text]) => {
    const record = u16(3, 1, 0x409, id, text.length, at);
    at += text.length;
    return record;
  });
  return bytes(u16(0, texts.length, 6 + texts.length * 12), ...records, ...texts.map(([, text]) => text));
}

const bounds = [LEFT, Math.floor(BOTTOM), RIGHT, Math.ceil(TOP)];
const tables = {
  'OS/2': bytes(
    u16(4, WIDTH, 400, 5, 0, 650, 600, 0, 75, 650, 600, 0, 350, 50, 300, 0),
    u8(2, 11, 5, 9, 2, 2, 3, 2, 2, 4),
    u32(0, 1 << 11, 0, 0),
    Buffer.from('VMO '),
    u16(0x40, codes[0], codes.at(-1), ASCENT, DESCENT, 0, ASCENT, -DESCENT),
    u32(1, 0),
    u16(550, 730, 0, 32, 1),
  ),
  cmap: cmap(),
  glyf: bytes(...all.map(({ data }) => data)),
  head: bytes(u32(0x10000, 0x10000, 0, 0x5f0f3cf5), u16(3, EM), u32(...DATE, ...DATE), u16(...bounds, 0, 8, 2, 1, 0)),
  hhea: bytes(u32(0x10000), u16(ASCENT, DESCENT, 0, WIDTH, LEFT, LEFT, RIGHT, 1, 0, 0, 0, 0, 0, 0, 0, all.length)),
  hmtx: u16(...all.flatMap((_, at) => [WIDTH, at === 0 ? 60 : Math.min(...glyphs.get(codes[at - 1]).flat().map(([x]) => Math.round(x)))])),
  loca: u32(...offsets),
  maxp: bytes(u32(0x10000), u16(all.length, Math.max(...all.map((one) => one.points)), Math.max(...all.map((one) => one.contours)), 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0)),
  name: name(),
  post: bytes(u32(0x30000, 0), u16(-100, 50), u32(1, 0, 0, 0, 0)),
};

const sum = (data) => {
  let total = 0;
  const whole = padded(data);
  for (let at = 0; at < whole.length; at += 4) total = (total + whole.readUInt32BE(at)) >>> 0;
  return total;
};
const tags = Object.keys(tables).sort((a, b) => (a < b ? -1 : 1));
const power = 2 ** Math.floor(Math.log2(tags.length));
let at = 12 + tags.length * 16;
const directory = [u32(0x10000), u16(tags.length, power * 16, Math.log2(power), (tags.length - power) * 16)];
for (const tag of tags) {
  directory.push(Buffer.from(tag), u32(sum(tables[tag]), at, tables[tag].length));
  at += padded(tables[tag]).length;
}
const font = bytes(...directory, ...tags.map((tag) => padded(tables[tag])));
const head = font.indexOf(tables.head);
font.writeUInt32BE((0xb1b0afba - sum(font)) >>> 0, head + 8);
writeFileSync(new URL('../src/lib/log/blocks.ttf', import.meta.url), font);

const hex = (code) => code.toString(16);
const ranges = codes.reduce((list, code) => {
  const last = list.at(-1);
  if (last && last[1] + 1 === code) last[1] = code;
  else list.push([code, code]);
  return list;
}, []);
console.log(`${font.length} bytes; unicode-range: ${ranges.map(([a, b]) => `U+${hex(a)}${a === b ? '' : `-${hex(b)}`}`).join(', ')}`);
