// What a tab shows: a job, or a batch.

/** A job's id, or `batch/` and a batch's id. */
export type Tab = string;

const BATCH = 'batch/';

/** The tab of a batch. */
export function batchTab(batch: string): Tab {
  return BATCH + batch;
}

/** The batch that a tab shows; null if it shows a job. */
export function batchOf(tab: Tab): string | null {
  return tab.startsWith(BATCH) ? tab.slice(BATCH.length) : null;
}

/** Where a tab's page is. */
export function pathOf(tab: Tab): string {
  return batchOf(tab) === null ? `/job/${tab}` : `/${tab}`;
}

/** The tab of a page, by the parameters of its path; null if the page has none. */
export function tabOf(params: { id?: string; batch?: string }): Tab | null {
  return params.batch === undefined ? (params.id ?? null) : batchTab(params.batch);
}
