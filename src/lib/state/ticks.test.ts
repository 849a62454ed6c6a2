import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Ticks } from './ticks';

const page = new EventTarget();
let looked = true;

/** The person looks at the window, or no longer. */
function look(at: boolean) {
  looked = at;
  page.dispatchEvent(new Event(at ? 'focus' : 'blur'));
}

beforeEach(() => {
  looked = true;
  vi.useFakeTimers();
  vi.stubGlobal('document', { visibilityState: 'visible', hasFocus: () => looked });
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('a clock ticks each second while one looks, and else once a minute or with what comes', () => {
  const began = Date.now();
  const ticks = new Ticks();
  let times: number[] = [];
  const end = ticks.begin(() => times.push((Date.now() - began) / 1000));
  const seen = () => {
    const before = times;
    times = [];
    return before;
  };
  vi.advanceTimersByTime(2500);
  expect(seen()).toEqual([1, 2]);

  look(false);
  vi.advanceTimersByTime(30_000);
  expect(seen()).toEqual([]);

  // A hundred lines a second are one tick a second.
  for (let n = 0; n < 300; n += 1) {
    ticks.come();
    vi.advanceTimersByTime(10);
  }
  expect(seen()).toEqual([32.5, 33.5, 34.5]);
  vi.advanceTimersByTime(57_000);
  expect(seen()).toEqual([62.5]);

  look(true);
  vi.advanceTimersByTime(1000);
  expect(seen()).toEqual([92.5, 93.5]);
  ticks.come();
  expect(seen()).toEqual([]);
  end();
  look(false);
  ticks.come();
  expect(seen()).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
