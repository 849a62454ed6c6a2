// Searches and filters of the history that a person keeps under a name.
import { ANY, type Filter } from './history.svelte';
import { localChoices } from './local-choices';

/** What is looked for in logs. */
export interface Sought {
  text: string;
  case: boolean;
  word: boolean;
  regex: boolean;
}

/** What is kept under a name. */
export interface SavedSearch {
  name: string;
  /** What the list is narrowed to. */
  filter: Filter;
  sought: Sought;
}

/** As many are kept. */
const MOST = 50;

/** The searches by their names. */
export class SavedSearches {
  list = $state.raw<SavedSearch[]>(read());

  /** The one that is for this. */
  find(filter: Filter, sought: Sought): SavedSearch | undefined {
    const same = text(filter, sought);
    return this.list.find((search) => text(search.filter, search.sought) === same);
  }

  /** Keeps one, in the place of another of its name; the oldest goes if there are too many. */
  save(search: SavedSearch): void {
    this.#set([...this.list.filter(({ name }) => name !== search.name), search].slice(-MOST));
  }

  /** Drops one. */
  remove(name: string): void {
    this.#set(this.list.filter((search) => search.name !== name));
  }

  #set(list: SavedSearch[]): void {
    this.list = list;
    localChoices.set(KEPT, JSON.stringify(list.map((search) => JSON.stringify(search))));
  }
}

const KEPT = 'saved-searches';

/** The same text for the same search, in whatever order it is written. */
function text(filter: Filter, { text, case: isCase, word, regex }: Sought): string {
  return JSON.stringify([Object.entries(filter).sort(), text, isCase, word, regex]);
}

/** What can be read of what was kept. */
function read(): SavedSearch[] {
  return localChoices.list(KEPT).flatMap((text) => {
    try {
      const { name, filter, sought } = JSON.parse(text) as SavedSearch;
      const whole = typeof name === 'string' && typeof sought.text === 'string';
      // What an older version did not know is any.
      return whole ? [{ name, filter: { ...ANY, ...filter }, sought }] : [];
    } catch {
      return [];
    }
  });
}
