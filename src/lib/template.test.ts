import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { filled, places, word } from './template';

describe('a command with places', () => {
  test('each name is a place once, and what other tools write in braces is none', () => {
    expect(places('cp {{from}} {{to}} && ls {{to}}')).toEqual(['from', 'to']);
    expect(places("docker ps --format '{{.Names}} {{json .}}' {{ x }}")).toEqual([]);
  });

  test('a value is one word, and the quotes around its place are not doubled', () => {
    const values = new Map([
      ['name', "it's $(id)"],
      ['plain', 'web-1'],
      ['none', ''],
    ]);
    expect(filled('docker logs {{plain}} {{none}}', values)).toBe('docker logs web-1 {{none}}');
    expect(filled('grep "{{name}}" f', values)).toBe("grep 'it'\\''s $(id)' f");
    expect(filled("grep '{{name}}' f", values)).toBe("grep 'it'\\''s $(id)' f");
  });

  test.each(['sh', 'bash'])('%s finds the same word again', (shell) => {
    for (const text of [
      "it's",
      'a b',
      '$HOME `id` "x"',
      'a\\nb\\',
      '!x!',
      '*?[a]',
      '~',
      '#',
      '-n',
      'é\t',
    ]) {
      const output = execFileSync(shell, ['-c', `printf '<%s>' ${word(text)}`]);
      expect(output.toString()).toBe(`<${text}>`);
    }
  });
});
