// Which columns a table of jobs has beside what ran and how it ended.
import { localChoices } from './local-choices';

/** A column that can be left out. */
export interface Column {
  id: 'where' | 'when' | 'duration' | 'who' | 'commit';
  title: string;
  /** Its width, and which windows are too small for it. */
  class: string;
}

/** In their order. */
export const COLUMNS: Column[] = [
  { id: 'where', title: 'Where', class: 'w-38 max-small:hidden' },
  { id: 'when', title: 'When', class: 'w-18' },
  { id: 'duration', title: 'Duration', class: 'w-40 text-right max-roomy:w-22' },
  { id: 'who', title: 'Who', class: 'w-34 max-wide:hidden' },
  { id: 'commit', title: 'Commit', class: 'w-24 text-right max-wide:hidden' },
];

/** The columns that are shown; a person's choice. */
export class JobColumns {
  #hidden = $state.raw(localChoices.list('hidden-columns'));

  readonly shown: Column[] = $derived(COLUMNS.filter(({ id }) => this.shows(id)));

  /** Whether a column is there. */
  shows(id: Column['id']): boolean {
    return !this.#hidden.includes(id);
  }

  /** Shows a column, or leaves it out. */
  show(id: Column['id'], shown: boolean): void {
    const others = this.#hidden.filter((hidden) => hidden !== id);
    this.#hidden = shown ? others : [...others, id];
    localChoices.set('hidden-columns', JSON.stringify(this.#hidden));
  }
}
