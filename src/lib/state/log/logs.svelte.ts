// The logs of the open jobs: one view each, made when a job is first looked at, dropped with its tab.
import type { Client } from '$lib/client';
import { isOver } from '$lib/job';
import type { Encoding, Job, JobId, SaveAs } from '$lib/wire';
import { encodingOf, keepEncoding, type Ran } from './encodings';
import type { Taste } from './gutter.svelte';
import type { Came } from './hits.svelte';
import { placeIn } from './places';
import type { Grew } from './source.svelte';
import { LogView } from './view.svelte';

interface Opened {
  view: LogView;
  /** Ends what the view derives. */
  end: () => void;
}

/** Views by job. */
export class Logs {
  readonly #client: Client;
  readonly #taste: Taste;
  readonly #opened = new Map<JobId, Opened>();

  /** `taste` is how a person likes to see all of them. */
  constructor(client: Client, taste: Taste) {
    this.#client = client;
    this.#taste = taste;
  }

  /** The view of a job's log: the one that is open, else a new one. Not to be derived, for it may make one. */
  open(job: Pick<Job, 'id' | 'status' | 'lines'> & Ran): LogView {
    const opened = this.#opened.get(job.id);
    if (opened) return opened.view;
    let view!: LogView;
    // What is derived is of the page that asks first, unless it has a root of its own, and does not go on once that
    // page is left: a log that is come back to would neither grow nor move.
    const end = $effect.root(() => {
      view = new LogView(this.#client, job, this.#taste);
    });
    this.#opened.set(job.id, { view, end });
    const encoding = encodingOf(job);
    if (encoding !== 'utf8') view.readIn(encoding);
    const place = isOver(job) ? placeIn(job.id) : undefined;
    if (place !== undefined) view.jumps.toPlace(place);
    return view;
  }

  /** Shows a job's log in an encoding, and from now on all others of the same target or command, too. */
  readIn(job: Pick<Job, 'id' | 'status' | 'lines'> & Ran, encoding: Encoding): void {
    keepEncoding(job, encoding);
    this.open(job).readIn(encoding);
  }

  /** The job's tab is closed. */
  drop(job: JobId): void {
    const opened = this.#opened.get(job);
    opened?.view.find.close();
    opened?.end();
    this.#opened.delete(job);
  }

  /** Opens the editor at the place in a file that a line names, or that `url` behind its words leads to; gives the command of one that needs a terminal. */
  async edit(job: JobId, line: number, url?: string): Promise<string | null> {
    const wanted = { job, line, ...(url !== undefined && { url }) };
    return (await this.#client.ask({ log: { type: 'edit', with: wanted } }, 'edited')).terminal;
  }

  /** Opens the desktop's browser at an address that a line names. */
  browse(job: JobId, line: number, url: string): Promise<void> {
    return this.#client.tell({ log: { type: 'browse', with: { job, line, url } } });
  }

  /** Saves a log in the folder for downloads; gives the file's path. */
  async save(job: JobId, form: SaveAs): Promise<string> {
    const encoding = this.#opened.get(job)?.view.encoding ?? 'utf8';
    const wanted = { job, form, ...(encoding !== 'utf8' && { encoding }) };
    return (await this.#client.ask({ log: { type: 'save_log', with: wanted } }, 'saved')).path;
  }

  /** The connection came back, or the store did. */
  resume(): void {
    for (const { view } of this.#opened.values()) view.resume();
  }

  /** A search came on. */
  found(came: Came): void {
    for (const { view } of this.#opened.values())
      if (view.find.owns(came.find)) view.find.found(came);
  }

  /** A followed log grew. */
  grew(grew: Grew): void {
    this.#opened.get(grew.job)?.view.source.grew(grew);
  }
}
