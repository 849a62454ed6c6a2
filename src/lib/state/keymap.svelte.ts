// Which key does what: as the app has it, or as a person has set it. Whoever handles keys asks what one means, and knows
// the app's own keys alone.
import { modHeld } from '../keys';
import { localChoices } from './local-choices';

/** Where a key counts. */
export type Place = 'window' | 'job';

/** What a key does. */
export interface Action {
  id: string;
  name: string;
  place: Place;
  /** Its own key: a key's name as the browser has it, behind `Mod+` if Ctrl (or ⌘) is held, and `Shift+` with a letter. */
  key: string;
}

/** Everything whose key can be another one. */
export const ACTIONS: Action[] = [
  { id: 'palette', name: 'Go to or run anything', place: 'window', key: 'Mod+K' },
  { id: 'sidebar', name: 'Hide the sidebar, or show it', place: 'window', key: 'Mod+B' },
  { id: 'history', name: 'History', place: 'window', key: 'Mod+Shift+H' },
  { id: 'settings', name: 'Settings', place: 'window', key: 'Mod+,' },
  { id: 'close', name: 'Close the tab', place: 'window', key: 'Mod+W' },
  {
    id: 'reopen',
    name: 'Reopen the tab that was closed last',
    place: 'window',
    key: 'Mod+Shift+T',
  },
  { id: 'apart', name: 'Open in a new window', place: 'window', key: 'Mod+Shift+N' },
  { id: 'shortcuts', name: 'Keyboard shortcuts', place: 'window', key: '?' },
  { id: 'again', name: 'Run again', place: 'job', key: 'R' },
  { id: 'cancel', name: 'Cancel', place: 'job', key: 'Mod+.' },
  { id: 'find', name: 'Find in all lines', place: 'job', key: 'Mod+F' },
  { id: 'line', name: 'Go to a line', place: 'job', key: 'Mod+L' },
  { id: 'error', name: 'Next error', place: 'job', key: 'E' },
  { id: 'error-back', name: 'Previous error', place: 'job', key: 'Shift+E' },
  { id: 'top', name: 'Go to the top', place: 'job', key: 'G' },
  { id: 'end', name: 'Follow the end', place: 'job', key: 'Shift+F' },
  { id: 'compare', name: 'Compare with earlier runs', place: 'job', key: 'C' },
  { id: 'section-back', name: 'Previous section', place: 'job', key: '[' },
  { id: 'section', name: 'Next section', place: 'job', key: ']' },
  { id: 'fold', name: 'Fold or unfold a section', place: 'job', key: 'Z' },
  { id: 'wrap', name: 'Wrap long lines', place: 'job', key: 'W' },
  { id: 'times', name: 'Timestamps', place: 'job', key: 'T' },
  { id: 'beside', name: 'Another log beside this one, or no more', place: 'job', key: 'Mod+\\' },
  { id: 'link', name: 'Copy a link to the selected lines', place: 'job', key: 'Y' },
];

/** A key that is pressed, as far as it matters here. */
type Press = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

/** What a key means: the app's own key for it. */
export interface Meant {
  key: string;
  mod: boolean;
}

/** A key as it is kept: `Mod+Shift+H`; null for one that is only held. */
export function keyOf(event: Press): string | null {
  if (['Control', 'Shift', 'Alt', 'Meta', 'AltGraph', 'Dead', 'Unidentified'].includes(event.key))
    return null;
  if (event.altKey) return null;
  const isLetter = event.key.length === 1 && event.key.toLowerCase() !== event.key.toUpperCase();
  const mod = modHeld(event as KeyboardEvent) ? 'Mod+' : '';
  // What another sign is with Shift has Shift in it already.
  const shift = event.shiftKey && (isLetter || event.key.length > 1) ? 'Shift+' : '';
  return `${mod}${shift}${isLetter ? event.key.toUpperCase() : event.key}`;
}

/** Keys that are a person's own. */
export class Keymap {
  /** By the ids of actions. */
  #own = $state.raw<Record<string, string>>(kept());

  /** The key of an action. */
  of(id: string): string {
    return this.#own[id] ?? action(id).key;
  }

  /** Whether an action has another key than the app's own. */
  isOwn(id: string): boolean {
    return id in this.#own;
  }

  /** Gives an action a key; says which other action has it, and then changes nothing. */
  set(id: string, key: string): Action | null {
    const { place } = action(id);
    const other = ACTIONS.find(
      (each) =>
        each.id !== id &&
        this.of(each.id) === key &&
        (each.place === place || each.place === 'window' || place === 'window'),
    );
    if (other) return other;
    const others = Object.fromEntries(Object.entries(this.#own).filter(([each]) => each !== id));
    this.#keep(key === action(id).key ? others : { ...others, [id]: key });
    return null;
  }

  /** Gives every action the app's own key again. */
  reset(): void {
    this.#keep({});
  }

  /** Whether any key is a person's own. */
  get changed(): boolean {
    return Object.keys(this.#own).length > 0;
  }

  /** What a key means at a place. One that was another action's own, and is no more, means nothing. */
  meant(event: Press, place: Place): Meant {
    const as = { key: event.key, mod: modHeld(event as KeyboardEvent) };
    const key = keyOf(event);
    if (key === null || !this.changed) return as;
    const here = ACTIONS.filter((each) => each.place === place);
    const own = here.find(({ id }) => this.#own[id] === key);
    if (own) return parsed(own.key);
    return here.some((each) => this.isOwn(each.id) && each.key === key)
      ? { key: 'Unidentified', mod: false }
      : as;
  }

  #keep(own: Record<string, string>): void {
    this.#own = own;
    localChoices.set('keys', JSON.stringify(own));
  }
}

/** The app's own key as an event has it. */
function parsed(key: string): Meant {
  const mod = key.startsWith('Mod+');
  const rest = mod ? key.slice(4) : key;
  const shift = rest.startsWith('Shift+');
  const name = shift ? rest.slice(6) : rest;
  return { key: shift || name.length > 1 ? name : name.toLowerCase(), mod };
}

function action(id: string): Action {
  return ACTIONS.find((each) => each.id === id)!;
}

function kept(): Record<string, string> {
  try {
    const own: unknown = JSON.parse(localChoices.get('keys') ?? '{}');
    if (typeof own !== 'object' || own === null) return {};
    const known = Object.entries(own).filter(
      (entry): entry is [string, string] =>
        typeof entry[1] === 'string' && ACTIONS.some(({ id }) => id === entry[0]),
    );
    return Object.fromEntries(known);
  } catch {
    return {};
  }
}
