// One setting as it is typed: saved by itself a moment after the last key, with what became of that beside it.
import { reason } from '../reason';
import type { Settings as Kept } from '../wire';
import type { Settings } from './settings.svelte';

/** What is typed is saved after this pause, in milliseconds. */
const PAUSE = 500;

/** What became of what was typed. */
export type Outcome = { is: 'kept' } | { is: 'saved' } | { is: 'refused'; why: string };

/** A setting, and its field. */
export class Setting<T> {
  outcome = $state.raw<Outcome>({ is: 'kept' });

  readonly #settings: Settings;
  readonly #read: (settings: Kept) => T;
  readonly #write: (value: T) => Partial<Kept>;
  /** What was typed since the field was entered; null if it shows what is kept. */
  #typed = $state.raw<{ value: T } | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `read` finds what the field shows in the settings, `write` makes settings of it. */
  constructor(settings: Settings, read: (settings: Kept) => T, write: (value: T) => Partial<Kept>) {
    this.#settings = settings;
    this.#read = read;
    this.#write = write;
  }

  /** What the field shows: what was typed, else what is kept, whoever changed it. */
  get value(): T {
    return this.#typed === null ? this.#read(this.#settings.current!) : this.#typed.value;
  }

  /** Typed: saved a moment later. */
  set value(value: T) {
    this.#typed = { value };
    this.outcome = { is: 'kept' };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#save(), PAUSE);
  }

  /** Chosen, and not typed: saved at once. */
  choose(value: T): void {
    this.value = value;
    this.leave();
  }

  /** The field is left: what was typed is saved at once. */
  leave(): void {
    if (this.#typed === null || this.outcome.is === 'refused') return;
    clearTimeout(this.#timer);
    void this.#save().then(() => {
      // From now on it shows what is kept, in the form that it is kept in.
      if (this.outcome.is === 'saved') this.#typed = null;
    });
  }

  async #save(): Promise<void> {
    const typed = this.#typed;
    if (typed === null) return;
    const some = this.#write(typed.value);
    const kept = this.#settings.current;
    const isSame = Object.entries(some).every(
      ([key, value]) => JSON.stringify(value) === JSON.stringify(kept?.[key as keyof Kept]),
    );
    if (isSame && this.outcome.is === 'saved') return;
    let outcome: Outcome = { is: 'saved' };
    try {
      if (!isSame) await this.#settings.change(some);
    } catch (error) {
      outcome = { is: 'refused', why: reason(error) };
    }
    // What was typed meanwhile has an outcome of its own.
    if (this.#typed === typed) this.outcome = outcome;
  }
}

/** A text; none if it is empty. */
export function textOf(settings: Settings, key: 'terminal' | 'editor'): Setting<string> {
  return new Setting(
    settings,
    (kept) => kept[key] ?? '',
    (text) => ({ [key]: text.trim() || null }),
  );
}

/** Lines, each a rule. */
export function rulesOf(
  settings: Settings,
  key: 'error_rules' | 'danger_rules' | 'mask_rules',
): Setting<string> {
  return new Setting(
    settings,
    (kept) => kept[key].join('\n'),
    (text) => ({ [key]: text.split('\n').filter((rule) => rule.trim() !== '') }),
  );
}

/** A number; none if it is empty, which is 0 for those that are never none. */
export function numberOf(
  settings: Settings,
  key: 'max_jobs' | 'disk_floor' | 'notify_after',
): Setting<string> {
  const none = key === 'max_jobs' ? 0 : null;
  return new Setting(
    settings,
    (kept) => (kept[key] === none ? '' : String(kept[key])),
    (text) => ({ [key]: text.trim() === '' ? none : Math.round(Number(text)) || 0 }),
  );
}

/** What is chosen from a few. */
export function choiceOf<Key extends 'when_busy' | 'trust_again' | 'notify'>(
  settings: Settings,
  key: Key,
): Setting<Kept[Key]> {
  return new Setting(
    settings,
    (kept) => kept[key],
    (value) => ({ [key]: value }) as Partial<Kept>,
  );
}
