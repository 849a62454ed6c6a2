// The closing lines: what passed only when it was tried once more, and how many scenarios passed and failed.
import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter';

export default class Tally implements Reporter {
  readonly #last = new Map<string, boolean>();
  readonly #flaky = new Set<string>();

  onTestEnd(test: TestCase, result: TestResult): void {
    if (result.status === 'skipped') return;
    const passed = result.status === test.expectedStatus;
    if (passed && this.#last.get(test.id) === false) this.#flaky.add(test.title);
    this.#last.set(test.id, passed);
  }

  onEnd(): void {
    for (const title of this.#flaky) console.log(`flaky: ${title}`);
    const passed = [...this.#last.values()].filter(Boolean).length;
    console.log(`${passed} passed, ${this.#last.size - passed} failed`);
  }
}
