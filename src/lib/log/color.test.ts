import { expect, test } from 'vitest';
import type { Color, Style } from '../wire';
import { contrast, paint, type Rgb, swatch, type Theme } from './color';

const GROUND: Record<Theme, Rgb> = { dark: [14, 15, 18], light: [254, 254, 255] };
const THEMES: Theme[] = ['dark', 'light'];
const PLAIN: Style = {
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
  strike: false,
};

function rgb(css: string): Rgb {
  return css.match(/\d+/g)!.map(Number) as Rgb;
}

/** All of the palette, and a coarse net over true colour. */
function* colors(): Generator<Color> {
  for (let palette = 0; palette < 256; palette++) yield { palette };
  const steps = [0, 51, 102, 153, 204, 255];
  for (const r of steps) for (const g of steps) for (const b of steps) yield { rgb: [r, g, b] };
}

test.each(THEMES)('every colour can be read in the %s theme', (theme) => {
  for (const fg of colors()) {
    for (const dim of [false, true]) {
      const { color, background } = paint({ ...PLAIN, fg, dim }, theme);
      expect(background).toBeNull();
      expect(contrast(rgb(color!), GROUND[theme])).toBeGreaterThanOrEqual(4.45);
    }
  }
});

test.each(THEMES)('every background a program sets can be written on in the %s theme', (theme) => {
  for (const bg of colors()) {
    for (const fg of [undefined, bg, { palette: 1 }] as (Color | undefined)[]) {
      const { color, background } = paint({ ...PLAIN, bg, ...(fg ? { fg } : {}) }, theme);
      const ours = contrast(rgb(color!), rgb(background!));
      // If neither of ours reaches 4.5 on a middle grey, the further one is taken.
      expect(ours).toBeGreaterThanOrEqual(3.6);
    }
  }
});

test('a colour that can be read already is left as it is', () => {
  expect(paint({ ...PLAIN, fg: { rgb: [255, 200, 0] } }, 'dark').color).toBe('rgb(255 200 0)');
});

test.each(THEMES)('dim text is nearer to the ground in the %s theme', (theme) => {
  for (const fg of [undefined, { palette: 2 }, { palette: 15 }] as (Color | undefined)[]) {
    const style = { ...PLAIN, ...(fg ? { fg } : {}) };
    const plain =
      paint(style, theme).color ?? (theme === 'dark' ? 'rgb(212 214 218)' : 'rgb(43 46 52)');
    const dim = paint({ ...style, dim: true }, theme).color!;
    expect(contrast(rgb(dim), GROUND[theme])).toBeLessThan(contrast(rgb(plain), GROUND[theme]));
  }
});

test('inverse swaps text and ground', () => {
  const plain = paint({ ...PLAIN, inverse: true }, 'dark');
  expect(rgb(plain.background!)).toEqual([212, 214, 218]);
  expect(rgb(plain.color!)).toEqual(GROUND.dark);
});

test('the cube and the greys of the 256 are those of xterm', () => {
  expect(swatch({ palette: 16 }, 'dark')).toEqual([0, 0, 0]);
  expect(swatch({ palette: 196 }, 'dark')).toEqual([255, 0, 0]);
  expect(swatch({ palette: 110 }, 'dark')).toEqual([135, 175, 215]);
  expect(swatch({ palette: 231 }, 'dark')).toEqual([255, 255, 255]);
  expect(swatch({ palette: 232 }, 'dark')).toEqual([8, 8, 8]);
  expect(swatch({ palette: 255 }, 'dark')).toEqual([238, 238, 238]);
});

test('a span without colours takes none of its own', () => {
  expect(paint({ ...PLAIN, bold: true }, 'light')).toEqual({ color: null, background: null });
});
