// The history on its way into another database: begun and ended here, and seen by every page.
import type { Client } from '../client';
import { count, many, sentence, size } from '../format';
import type { HistoryCopy as Copy } from '../wire';

/** The latest copy. */
export class HistoryCopy {
  /** As far as is known; null if there was none since the app started. */
  latest = $state.raw<Copy | null>(null);

  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Whether one goes on. */
  get isOn(): boolean {
    return this.latest !== null && this.latest.end === null;
  }

  /** Its share of all bytes of log; of all jobs if there are none. */
  get share(): number {
    if (this.latest === null) return 0;
    const { jobs, of_jobs, bytes, of_bytes, known } = this.latest;
    // What is there already is only compared, so bytes alone would say less than is done.
    const [done, all] = known > 0 || of_bytes === 0 ? [jobs, of_jobs] : [bytes, of_bytes];
    return all === 0 ? 0 : Math.min(1, done / all);
  }

  /** Takes in how it goes. */
  came(copy: Copy): void {
    this.latest = copy;
  }

  /** Asks how the latest went; while the app is away, what is known stays. */
  async load(): Promise<void> {
    const request = { settings: { type: 'history_copy' } } as const;
    const answer = await this.#client.ask(request, 'history_copy').catch(() => null);
    if (answer !== null) this.latest = answer.copy;
  }

  /** Begins one, and returns once the other database is open; rejects with why it cannot. */
  async begin(url: string, schema: string | null): Promise<void> {
    await this.#client.ask({ settings: { type: 'copy_history', with: { url, schema } } }, 'ok');
  }

  /** Ends it. What is there stays there. */
  async end(): Promise<void> {
    await this.#client.ask({ settings: { type: 'end_copy' } }, 'ok');
  }
}

/** How a copy goes or went, in words. */
export function copyWords(copy: Copy): string {
  const { copied, known, unended, of_jobs, to } = copy;
  switch (copy.end?.type) {
    case undefined:
      return `Copying to ${to}: ${count(copy.jobs)} of ${many(of_jobs, 'job')}, ${size(copy.bytes)} of logs`;
    case 'stopped':
      return `Stopped: ${count(copied + known)} of ${many(of_jobs, 'job')} are in ${to}, whole. Copy again to go on.`;
    case 'failed':
      return sentence(copy.end.with.why);
    case 'whole': {
      const parts = [`Copied ${many(copied, 'job')} with ${size(copy.bytes)} of logs to ${to}`];
      if (known > 0) parts.push(`${many(known, 'job')} there already`);
      if (unended > 0) parts.push(`${many(unended, 'job')} left out: not over yet`);
      return `${parts.join('; ')}. This history is as it was.`;
    }
  }
}

/** What could not be copied, in words; null if all was. */
export function failureWords(copy: Copy): string | null {
  const [first] = copy.failed;
  if (first === undefined) return null;
  const [job, why] = first;
  const more = copy.failures > 1 ? ` (and ${many(copy.failures - 1, 'other job')})` : '';
  return `Job ${job.slice(0, 8)} was not copied: ${why}${more}`;
}
