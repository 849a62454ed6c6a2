// How a batch is, in one word, as its hosts are.
import type { Batch, BatchStatus } from '$lib/wire';

/** How it is. The server says it of lists; a batch with its hosts says it by them. */
export function statusOf(batch: Batch): BatchStatus {
  const all = batch.hosts.length;
  const of = (...states: string[]) =>
    batch.hosts.filter(({ state }) => states.includes(state)).length;
  const checking = batch.hosts.some(({ check, checked }) => check != null && !checked);
  if (of('queued', 'running') > 0 || checking) return 'running';
  if (batch.canceled && of('canceled') > 0) return 'canceled';
  const done = of('done');
  if (done === 0) return 'error';
  return done === all ? 'done' : 'partial';
}
