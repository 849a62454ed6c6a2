// The log beside that of the job that is looked at: which it is, and which of the two has the keys.
import { batchOf, type Tab } from '../tab';
import type { JobId } from '../wire';
import { keep, kept } from './tabs.svelte';

const BESIDE = 'vmo.beside';
/** As wide as both must be together, in px: each then has some sixty characters. */
const ROOM = 840;

/** One log beside another. It outlives the page, as tabs do. */
export class Beside {
  /** Its job; null if there is none. */
  job = $state.raw<JobId | null>(jobOf(kept(BESIDE)));
  /** Whether it has the keys, and not the job that is looked at. */
  #focused = $state(false);
  /** Width of what both share, in px. */
  width = $state(0);
  /** Whether a tab is dragged to where it would be. */
  awaited = $state(false);

  /** Opens a job's log there; it gets the keys. */
  open(job: JobId): void {
    this.job = job;
    this.#focused = true;
    keep(BESIDE, job);
  }

  /** Closes it; its tab stays. */
  close(): void {
    this.job = null;
    this.#focused = false;
    keep(BESIDE, null);
  }

  /** The job that is shown beside another; null if it is that itself, or there is no room. */
  shownBeside(main: JobId): JobId | null {
    return this.job !== main && this.hasRoom ? this.job : null;
  }

  /** Whether there is room for two. */
  get hasRoom(): boolean {
    return this.width >= ROOM;
  }

  /** Gives the keys to it, or takes them back. */
  focus(beside: boolean): void {
    this.#focused = beside;
  }

  /** Whether it has the keys, beside a job. */
  hasKeys(main: JobId): boolean {
    return this.#focused && this.shownBeside(main) !== null;
  }

  /** The job that a key opens beside another: that of the next tab, else of the one before. */
  candidate(main: Tab, tabs: readonly Tab[]): JobId | null {
    const at = tabs.indexOf(main);
    const others = [...tabs.slice(at + 1), ...tabs.slice(0, Math.max(0, at)).reverse()];
    return others.find((tab) => batchOf(tab) === null) ?? null;
  }
}

function jobOf(value: unknown): JobId | null {
  return typeof value === 'string' ? value : null;
}
