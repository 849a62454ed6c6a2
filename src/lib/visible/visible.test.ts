import { describe, expect, test } from 'vitest';
import cases from '../../../crates/orchestrator/src/visible/cases.json';
import { deceptions, isUnusual, parts, visible } from './visible';

describe('each case is shown as the command line shows it', () => {
  test.each(cases)('$what', ({ text, row }) => {
    expect(visible(text)).toBe(row);
    // Marks have what they are in the place of, and the rest is the text itself.
    expect(
      parts(text)
        .map((part) => part.of ?? part.text)
        .join(''),
    ).toBe(text);
  });
});

test('no character alone is unseen', () => {
  const wrong: string[] = [];
  for (let code = 0; code <= 0x10ffff; code++) {
    const shown = visible(`a${String.fromCodePoint(code)}b`);
    // By what the browser knows of Unicode, which is no table of ours.
    const left = /[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/u;
    if (left.test(shown)) wrong.push(code.toString(16));
  }
  expect(wrong).toEqual([]);
});

test('newlines stay if they are wanted, and the blanks of a log', () => {
  expect(visible('a\nb\r\nc\u202e', 'lines')).toBe('a\nb\\r\nc⟨U+202E⟩');
  const wide = `a${' '.repeat(100)}b`;
  expect(visible(wide, 'log')).toBe(wide);
  expect(visible(`${wide}\u200b`, 'log')).toBe(`${wide}⟨U+200B⟩`);
  expect(visible(wide)).toBe('a⟨100 blanks⟩b');
});

test('half of a character is marked', () => {
  expect(visible('a\ud800b')).toBe('a⟨U+D800⟩b');
});

test('what deceives is named once, and a long command does not', () => {
  expect(deceptions('for x in *\n\tdo echo $x; done')).toEqual([]);
  expect(deceptions('a\u202eb\u202ec\u200b\x1b')).toEqual(['⟨U+202E⟩', '⟨U+200B⟩', '\\x1b']);
});

test('most texts are looked at no further', () => {
  expect(isUnusual('make deploy VM=web-1')).toBe(false);
  expect(isUnusual('Größe → 東京 ✓')).toBe(false);
  expect(isUnusual('می\u200cخواهم')).toBe(true);
});
