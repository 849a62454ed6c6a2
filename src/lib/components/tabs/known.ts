// What a tab says and how its job or batch is, also before anything of it is known.
import type { AnyStatus } from '$lib/job';
import type { App } from '$lib/state/app.svelte';
import { type Label, labelOfBatch, labelOfJob } from '$lib/state/tabs.svelte';
import { batchOf, type Tab } from '$lib/tab';
import { statusOf } from '../batch/status';

/** A tab, and what it says. */
export interface TabRow {
  tab: Tab;
  label: Label | undefined;
  status: AnyStatus | null | undefined;
}

/** The open tabs, left to right. */
export function tabRows(app: App): TabRow[] {
  const { tabs } = app.jobs;
  return tabs.all.map((tab) => {
    const now = known(app, tab);
    const label = now?.label ?? tabs.label(tab);
    return { tab, label, status: now?.status ?? label?.ended };
  });
}

/** Those that hold all words of a text, in what they say or where it is. */
export function tabsWith(rows: TabRow[], text: string): TabRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(({ tab, label }) => {
    const shown = `${label?.title ?? tab} ${label?.place ?? ''}`.toLowerCase();
    return words.every((word) => shown.includes(word));
  });
}

function known(app: App, tab: Tab): { status: AnyStatus; label: Label } | null {
  const id = batchOf(tab);
  if (id === null) {
    const job = app.jobs.get(tab);
    return job ? { status: app.jobs.shown(job), label: labelOfJob(job) } : null;
  }
  const batch = app.batches.get(id);
  return batch ? { status: statusOf(batch), label: labelOfBatch(batch) } : null;
}
