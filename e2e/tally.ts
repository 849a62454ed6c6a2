// The closing line: how many scenarios passed and failed.
import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter';

export default class Tally implements Reporter {
  readonly #last = new Map<string, boolean>();

  onTestEnd(test: TestCase, result: TestResult): void {
    if (result.status !== 'skipped') this.#last.set(test.id, result.status === test.expectedStatus);
  }

  onEnd(): void {
    const passed = [...this.#last.values()].filter(Boolean).length;
    console.log(`${passed} passed, ${this.#last.size - passed} failed`);
  }
}
