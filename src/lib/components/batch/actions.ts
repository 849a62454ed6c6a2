// What a batch's buttons and keys do alike.
import { failed } from '$lib/batch';
import type { App } from '$lib/state/app.svelte';
import type { Batch, BatchOrder } from '$lib/wire';

/** Gives a batch an order; a failure is shown above the canvas. */
export function order(app: App, batch: Batch, what: BatchOrder, doing: string): void {
  void app.attempt(`${doing} ${batch.command}`, app.batches.order(batch.id, what));
}

/** Cancels what of a batch is not over; by KILL at once the second time. */
export function cancelBatch(app: App, batch: Batch): void {
  if (batch.finished_at === null) {
    order(app, batch, { order: 'cancel', force: batch.canceled }, 'cancel');
  }
}

/** Runs it again: on the hosts that failed, if any did, else on all. */
export function runAgain(app: App, batch: Batch): void {
  const hosts = failed(batch);
  runOn(app, batch, hosts.length > 0 ? hosts : batch.hosts.map(({ name }) => name));
}

/** Runs the command of a batch again on some hosts; asks if it is dangerous. */
export function runOn(app: App, batch: Batch, hosts: string[]): void {
  void app.launch.batchAgain(batch, hosts);
}
