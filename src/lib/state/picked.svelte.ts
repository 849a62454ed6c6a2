// Jobs of a list that were picked, to do something with all of them.
import { SvelteMap } from 'svelte/reactivity';
import type { Job, JobId } from '../wire';

/** The picked jobs. */
export class Picked {
  readonly #jobs = new SvelteMap<JobId, Job>();
  /** The one that was picked last: where a range begins. */
  #last: JobId | null = null;

  /** How many. */
  get count(): number {
    return this.#jobs.size;
  }

  /** All of them, newest first. */
  get all(): Job[] {
    return [...this.#jobs.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** Whether a job is one of them. */
  has(job: JobId): boolean {
    return this.#jobs.has(job);
  }

  /** Picks a job, or takes it back. */
  toggle(job: Job): void {
    this.#last = job.id;
    if (!this.#jobs.delete(job.id)) this.#jobs.set(job.id, job);
  }

  /** Picks all from the one that was picked last to this one, in a list's order. */
  upTo(job: Job, list: Job[]): void {
    const at = (id: JobId | null) => list.findIndex((each) => each.id === id);
    const [from, to] = [at(this.#last), at(job.id)];
    if (from < 0 || to < 0) return this.toggle(job);
    for (const each of list.slice(Math.min(from, to), Math.max(from, to) + 1)) {
      this.#jobs.set(each.id, each);
    }
    this.#last = job.id;
  }

  /** Takes all back. */
  clear(): void {
    this.#jobs.clear();
    this.#last = null;
  }
}
