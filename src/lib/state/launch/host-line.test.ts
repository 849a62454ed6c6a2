import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HostLine } from './host-line.svelte';

/** Answers as a server that knows `web-1` to `web-3`. */
async function choose(line: string) {
  const hosts =
    line === '*' ? ['web-1', 'web-2', 'web-3'] : line.split(',').map((one) => one.trim());
  if (line.includes('nobody')) throw new Error("no host is called 'nobody'");
  const choice = { hosts, is_all: line === '*', typed: hosts, of_others: [] };
  return Promise.resolve({ choice, folded: hosts.join(',') });
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a line of hosts', () => {
  test('empty it is this machine, and names that are put there are known at once', () => {
    const line = new HostLine(choose, []);
    expect([line.known, line.hosts]).toEqual([true, []]);
    line.put(['web-1', 'web-2']);
    expect([line.text, line.known, line.hosts]).toEqual(['web-1, web-2', true, ['web-1', 'web-2']]);
    expect(line.set).toBe('');
  });

  test('what is typed means nothing until the server has said what', async () => {
    const line = new HostLine(choose, ['web-1']);
    line.type('*');
    expect([line.known, line.hosts, line.set]).toEqual([false, [], '*']);
    await vi.advanceTimersByTimeAsync(200);
    expect([line.known, line.hosts.length, line.isAll]).toEqual([true, 3, true]);
  });

  test('a late answer to another text counts for nothing', async () => {
    const answers: (() => void)[] = [];
    const slow = (text: string) =>
      new Promise<Awaited<ReturnType<typeof choose>>>((done) => {
        answers.push(() => void choose(text).then(done));
      });
    const line = new HostLine(slow, []);
    line.type('web-1');
    await vi.advanceTimersByTimeAsync(200);
    line.type('web-2');
    await vi.advanceTimersByTimeAsync(200);
    answers[1]!();
    await vi.advanceTimersByTimeAsync(0);
    answers[0]!();
    await vi.advanceTimersByTimeAsync(0);
    expect(line.text).toBe('web-2');
    expect(line.hosts).toEqual(['web-2']);
  });

  test('why it means no host is said of that text alone', async () => {
    const line = new HostLine(choose, []);
    line.type('nobody');
    await vi.advanceTimersByTimeAsync(200);
    expect([line.known, line.problem]).toEqual([false, "no host is called 'nobody'"]);
    line.type('nobody-else');
    expect(line.problem).toBeNull();
  });

  test('a name is taken in and out, and the rest stays as it was typed', async () => {
    const line = new HostLine(choose, ['web-1']);
    line.toggle('web-2');
    expect(line.text).toBe('web-1, web-2');
    line.toggle('web-1');
    await vi.advanceTimersByTimeAsync(200);
    expect([line.text, line.hosts]).toEqual(['web-2', ['web-2']]);
    line.toggle('web-2');
    expect([line.text, line.known, line.hosts]).toEqual(['', true, []]);
  });

  test('a set means others once the list has changed, or none; names mean themselves', async () => {
    let hosts = ['web-1', 'web-2'];
    const lines: string[] = [];
    const line = new HostLine((text) => {
      lines.push(text);
      if (hosts.length === 0) return Promise.reject(new Error('it means no host'));
      const choice = { hosts, is_all: true, typed: [], of_others: [] };
      return Promise.resolve({ choice, folded: hosts.join(',') });
    }, []);
    line.type('*');
    await vi.advanceTimersByTimeAsync(200);
    const { doubt } = line;
    hosts = ['web-1', 'web-2', 'web-3'];
    line.refresh();
    await vi.advanceTimersByTimeAsync(0);
    expect([line.hosts, line.doubt === doubt]).toEqual([hosts, false]);
    hosts = [];
    line.refresh();
    await vi.advanceTimersByTimeAsync(0);
    expect([line.known, line.hosts, line.problem]).toEqual([false, [], 'it means no host']);
    line.put(['web-1']);
    line.refresh();
    expect(lines.length).toBe(3);
  });
});
