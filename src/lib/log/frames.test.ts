import { describe, expect, test } from 'vitest';
import { aFrame } from '../testing/fake';
import { unpack } from './frames';

describe('frames', () => {
  test('chunks come out as they went in, also empty frames and large numbers', () => {
    const seq = 2 ** 40 + 1;
    const { subscription, chunks } = unpack(
      aFrame(7, [
        [seq, 'grün\u001b[0m'],
        [seq + 1, 'x'],
      ]),
    );
    expect(subscription).toBe(7);
    expect(chunks.map((chunk) => chunk.seq)).toEqual([seq, seq + 1]);
    const texts = chunks.map(({ bytes }) => new TextDecoder().decode(bytes));
    expect(texts).toEqual(['grün\u001b[0m', 'x']);
    expect(unpack(aFrame(9, []))).toEqual({ subscription: 9, chunks: [] });
  });

  test('a frame that is cut is none', () => {
    const whole = aFrame(7, [[0, 'abc']]);
    for (const length of [0, 3, 5, 27, 30]) {
      expect(() => unpack(whole.slice(0, length)), `${length} bytes`).toThrow(RangeError);
    }
  });
});
