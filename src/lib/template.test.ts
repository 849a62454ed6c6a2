import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { filled, places, unfit, word } from './template';

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

  test('a value is one word wherever its place is, or is not filled in', () => {
    const value = `a; $(id -un) "'\\ #`;
    const values = new Map([['x', value]]);
    for (const [command, before, after] of [
      ["printf '<%s>' {{x}}", '', ''],
      ['printf "<%s>" "pre {{x}} post"', 'pre ', ' post'],
      [`printf '<%s>' 'pre {{x}} post'`, 'pre ', ' post'],
      [`printf '<%s>' "a"{{x}}"b"`, 'a', 'b'],
      [`printf '<%s>' "a$(printf %s {{x}})b"`, 'a', 'b'],
      [`printf '<%s>' "it's {{x}}"`, "it's ", ''],
    ] as const) {
      for (const shell of ['sh', 'bash']) {
        const output = execFileSync(shell, ['-c', filled(command, values)]);
        expect(output.toString(), command).toBe(`<${before}${value}${after}>`);
      }
    }
    for (const command of [
      'echo `ls {{x}}`',
      'cat <<E\n{{x}}\nE',
      'ls # {{x}}',
      'echo \\{{x}}',
      '${{x}}',
    ]) {
      expect(filled(command, values)).toBe(command);
    }
    const loop = "docker inspect -f '{{range .Mounts}}{{.Source}}{{else}}-{{end}}' {{container}}";
    expect(places(loop)).toEqual(['container']);
  });

  test('what another shell reads once more is filled with what every shell reads alike, or not at all', () => {
    const bad = new Map([['x', 'a; id']]);
    const good = new Map([['x', '/srv/a-1']]);
    for (const command of [
      "sh -c 'cat {{x}}'",
      "docker exec web bash -lc 'cd /; cat {{x}} | head'",
      'sudo su - app -c "ls {{x}}"',
      'ssh web cat {{x}}',
      'ssh web "cat {{x}}"',
      'eval cat {{x}}',
      "watch 'ls {{x}}'",
    ]) {
      expect(filled(command, bad), command).toBe(command);
      expect(unfit(command, bad), command).toEqual(['x']);
      expect(filled(command, good), command).not.toContain('{{');
      expect(unfit(command, good), command).toEqual([]);
    }
    for (const command of [
      "sh -c 'uptime'; cat {{x}}",
      `sh -c 'cat "$1"' _ {{x}}`,
      "bash -x run.sh 'a {{x}}'",
      'grep "user={{x}}" f | ssh-keygen -lf -',
    ]) {
      expect(unfit(command, bad), command).toEqual([]);
    }
    const inner = filled("sh -c 'printf %s {{x}}'", good);
    expect(execFileSync('sh', ['-c', inner]).toString()).toBe('/srv/a-1');
    expect(unfit('ls {{x}}', new Map())).toEqual([]);
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
