// The colours of a program, as the theme can show them: at least 4.5:1 on the log's background.
import type { Color, Style } from '../wire';

/** Which of the two themes is drawn. */
export type Theme = 'light' | 'dark';

/** Red, green and blue, 0 to 255. */
export type Rgb = [number, number, number];

/** The log's background and default text, as in app.css. */
const GROUND: Record<Theme, Rgb> = { dark: [14, 15, 18], light: [254, 254, 255] };
const TEXT: Record<Theme, Rgb> = { dark: [212, 214, 218], light: [43, 46, 52] };

/** The first sixteen colours of the palette: here and not in app.css, for dim and inverse are reckoned from them. */
const ANSI: Record<Theme, string[]> = {
  dark: [
    ...['#8b8f96', '#f46e6f', '#63c57c', '#e2b75c', '#66a0ee', '#d084d5', '#59c5d1', '#cbced3'],
    ...['#8f949d', '#fc918e', '#7ae494', '#f6d56b', '#87bdfb', '#e2a3ec', '#7ce1e6', '#f6f7f9'],
  ],
  light: [
    ...['#21242a', '#bc2122', '#0d7435', '#815b04', '#1a5ec2', '#943299', '#026c7f', '#606369'],
    ...['#666a71', '#ce2224', '#0e7b39', '#8e6009', '#1767d1', '#a53caa', '#037685', '#35383e'],
  ],
};

/** The palette of a theme, for a terminal that reckons the rest itself. */
export function palette(theme: Theme): { ground: string; text: string; ansi: string[] } {
  return { ground: rgb(GROUND[theme]), text: rgb(TEXT[theme]), ansi: ANSI[theme] };
}

/** WCAG AA for text. */
export const ENOUGH = 4.5;

/** What a row needs to draw a span. */
export interface Paint {
  /** Text colour; none means the log's own. */
  color: string | null;
  /** Background; none means the log's own. */
  background: string | null;
}

const painted = new Map<string, Paint>();

/** The colours of a style in a theme. The answers are kept: programs use few. */
export function paint(style: Style, theme: Theme): Paint {
  const key = `${theme}${name(style.fg)}/${name(style.bg)}${style.dim ? 'd' : ''}${style.inverse ? 'i' : ''}`;
  let paint = painted.get(key);
  if (!paint) {
    // True colour can make any number of them; a full start is cheaper than a bookkeeping of ages.
    if (painted.size > 4096) painted.clear();
    paint = mix(style, theme);
    painted.set(key, paint);
  }
  return paint;
}

function mix(style: Style, theme: Theme): Paint {
  const wanted = style.fg ? swatch(style.fg, theme) : TEXT[theme];
  const under = style.bg ? swatch(style.bg, theme) : GROUND[theme];
  const [text, ground] = style.inverse ? [under, wanted] : [wanted, under];
  if (style.bg || style.inverse) {
    return { color: rgb(readable(text, ground, theme)), background: rgb(ground) };
  }
  if (style.dim) return { color: rgb(lift(blend(text, ground, 0.65), ground)), background: null };
  if (!style.fg) return { color: null, background: null };
  const themed = 'palette' in style.fg && style.fg.palette < 16;
  return { color: rgb(themed ? text : lift(text, ground)), background: null };
}

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];

/** On a background the program chose: as it asks if that can be read, else the first of ours that can, else black or white. */
function readable(text: Rgb, ground: Rgb, theme: Theme): Rgb {
  const further = (a: Rgb, b: Rgb) => (contrast(a, ground) >= contrast(b, ground) ? a : b);
  const ours = further(GROUND[theme], TEXT[theme]);
  const isRead = (color: Rgb) => contrast(color, ground) >= ENOUGH;
  // One of these two can be read on anything.
  return [text, ours].find(isRead) ?? further(BLACK, WHITE);
}

/** A colour of the palette or of its own, as asked. */
export function swatch(color: Color, theme: Theme): Rgb {
  if ('rgb' in color) return color.rgb;
  const at = color.palette;
  if (at < 16) return hex(ANSI[theme][at]!);
  if (at >= 232) return Array<number>(3).fill(8 + (at - 232) * 10) as Rgb;
  // The cube of 6 × 6 × 6 (xterm, 256colres.h): 0, then 95 to 255 in steps of 40.
  const step = (n: number) => (n === 0 ? 0 : 55 + n * 40);
  const cube = at - 16;
  return [step(Math.floor(cube / 36)), step(Math.floor(cube / 6) % 6), step(cube % 6)];
}

/** The same hue and chroma, as light or dark as it takes to be read on a background. */
export function lift(color: Rgb, ground: Rgb): Rgb {
  if (contrast(color, ground) >= ENOUGH) return color;
  const [l, a, b] = oklab(color);
  const away = luminance(ground) < 0.18 ? 1 : 0;
  let [near, far] = [l, away];
  for (let i = 0; i < 12; i++) {
    const middle = (near + far) / 2;
    if (contrast(fromOklab([middle, a, b]), ground) >= ENOUGH) far = middle;
    else near = middle;
  }
  return fromOklab([far, a, b]);
}

/** Contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio"). */
export function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

function luminance([r, g, b]: Rgb): number {
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

function blend(a: Rgb, b: Rgb, share: number): Rgb {
  const [x, y] = [oklab(a), oklab(b)];
  return fromOklab(x.map((v, i) => v * share + y[i]! * (1 - share)) as Rgb);
}

function linear(channel: number): number {
  const c = channel / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
}

function channel(value: number): number {
  const c = Math.min(Math.max(value, 0), 1);
  return Math.round(255 * (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055));
}

// The two matrices of OKLab (B. Ottosson, "A perceptual color space for image processing", 2020).
function oklab(rgb: Rgb): Rgb {
  const [r, g, b] = rgb.map(linear) as Rgb;
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([L, a, b]: Rgb): Rgb {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    channel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    channel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    channel(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function hex(color: string): Rgb {
  return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)) as Rgb;
}

function rgb([r, g, b]: Rgb): string {
  return `rgb(${r} ${g} ${b})`;
}

function name(color: Color | undefined): string {
  if (!color) return '';
  return 'palette' in color ? `p${color.palette}` : `r${color.rgb.join()}`;
}

/** A style as CSS. */
export function css(style: Style, theme: Theme): string {
  const { color, background } = paint(style, theme);
  const lines = [style.underline && 'underline', style.strike && 'line-through'].filter(Boolean);
  return [
    color && `color:${color}`,
    background && `background:${background}`,
    style.bold && 'font-weight:700',
    style.italic && 'font-style:italic',
    lines.length > 0 && `text-decoration:${lines.join(' ')}`,
  ]
    .filter(Boolean)
    .join(';');
}
