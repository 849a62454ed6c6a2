// One variable in the form: what is shown, and whether the value in the field is given to make.
import type { SetBy, Target, Variable } from '$lib/wire';

/** Words for on and off that go together, on first. */
const PAIRS = [
  ['yes', 'no'],
  ['true', 'false'],
  ['on', 'off'],
  ['1', '0'],
  ['y', 'n'],
  ['enabled', 'disabled'],
] as const;

/** How a value is asked for. */
export type FieldKind =
  'text' | 'number' | 'secret' | 'segments' | 'list' | 'switch' | 'file' | 'host';

/** A variable of the makefile. */
export class VariableField {
  readonly variable: Variable;
  /** Its value if none is given, as written: the target's own before the makefile's. None if it is set elsewhere. */
  readonly usual: string | null;
  /** Whether the target has a value of its own for it. */
  readonly own: boolean;
  /** Whether the target fails without a value. */
  readonly guarded: boolean;
  readonly #words: { on: string; off: string };

  /** The text in the field. */
  text = $state('');
  /** Whether a `$` in it is make's own. */
  raw = $state(false);
  /** Whether make is to get the empty text, though it has a value by itself. */
  empty = $state(false);

  constructor(variable: Variable, target: Target) {
    const own = target.defaults.findLast(([name]) => name === variable.name);
    this.variable = variable;
    this.usual = own ? own[1] : variable.set_by === null ? variable.default : null;
    this.own = own !== undefined;
    this.guarded = target.guards.includes(variable.name);
    this.#words = switchWords(this.usual ?? '');
    this.fill(undefined, false);
  }

  /** Puts a value in: undefined for the makefile's, null for a secret that was not kept. */
  fill(value: string | null | undefined, raw: boolean): void {
    this.raw = raw && value !== undefined;
    this.empty = value === '' && !this.#isSwitch && this.#means;
    this.text = value === undefined ? this.#beginning : (value ?? '');
  }

  /** What make is given; null if it is left to the makefile. */
  get given(): string | null {
    if (this.variable.fixed !== null) return null;
    if (this.empty) return '';
    const same = this.text === (this.usual ?? '') && (this.raw || !this.hasDollar);
    if (same || (this.text === '' && !this.#isSwitch)) return null;
    return this.text;
  }

  /** Whether the target fails for want of a value. The empty text is one, if a person says so. */
  get missing(): boolean {
    return this.guarded && this.given === null;
  }

  /** Whether nothing gives it a value, so that make takes it as empty. */
  get unset(): boolean {
    return !this.own && this.variable.need !== 'met' && this.given === null;
  }

  /** What an empty field says: what make takes then. */
  get placeholder(): string {
    if (this.empty) return 'an empty value';
    if (this.guarded) return 'required';
    const { set_by, secret } = this.variable;
    if (!this.own && set_by !== null) return `set in ${placeOf(set_by)}`;
    if (this.unset) return 'not set anywhere';
    return this.usual === null || this.usual === '' || secret ? '' : `${this.usual} when empty`;
  }

  /** Whether it may be given the empty text: it has a value by itself, or the target fails without one. */
  get canBeNothing(): boolean {
    const open = this.text === '' && !this.empty && this.kind !== 'secret';
    return open && this.#means;
  }

  /** How it is asked for. */
  get kind(): FieldKind {
    const { choices, secret, kind } = this.variable;
    if (secret) return 'secret';
    if (this.raw) return 'text';
    if (choices.length > 0) return choices.length > 4 || long(choices) ? 'list' : 'segments';
    if (kind === 'bool') {
      const isOnOrOff = [this.#words.on, this.#words.off, ''].includes(this.text);
      return isOnOrOff ? 'switch' : 'text';
    }
    if (kind !== 'text') return kind;
    return /^\d{1,6}$/.test(this.usual ?? '') && this.text.length < 9 ? 'number' : 'text';
  }

  /** Values that the makefile knows for it and that are not in the field, if any text may be. */
  get suggestions(): string[] {
    if (this.variable.fixed !== null || !['text', 'number'].includes(this.kind)) return [];
    return this.variable.suggestions.filter((value) => value !== this.text);
  }

  /** Puts one of them in. */
  pick(value: string): void {
    this.text = value;
    this.empty = false;
  }

  /** Whether the switch is on. */
  get on(): boolean {
    return this.text === this.#words.on;
  }

  set on(on: boolean) {
    this.text = on ? this.#words.on : this.#words.off;
  }

  /** Whether the text in the field has something that make could expand. */
  get hasDollar(): boolean {
    return this.text.includes('$');
  }

  /** A value that make would have to work out cannot be begun with: only as raw text would it mean the same. */
  get #beginning(): string {
    const usual = this.usual ?? '';
    if (this.variable.secret || usual.includes('$')) return '';
    return this.#isSwitch && usual === '' ? this.#words.off : usual;
  }

  /** Whether the empty text is something else than nothing at all. */
  get #means(): boolean {
    const { need, set_by } = this.variable;
    return (this.usual ?? '') !== '' || need !== 'met' || set_by !== null;
  }

  get #isSwitch(): boolean {
    return this.variable.kind === 'bool' && this.variable.choices.length === 0;
  }
}

function placeOf(set: SetBy): string {
  return set.by === 'file' ? set.file : `the ${set.by}`;
}

/** A variable that a person adds by its name. */
export class AddedVariable {
  name = $state('');
  text = $state('');
  raw = $state(false);

  constructor(name = '', text = '', raw = false) {
    this.name = name;
    this.text = text;
    this.raw = raw;
  }

  /** Why its name cannot be one, as a sentence; null if it can, or if there is none yet. */
  get problem(): string | null {
    return this.name === '' || /^[A-Za-z_][A-Za-z0-9_]*$/.test(this.name)
      ? null
      : 'A name is letters, digits and _, and does not start with a digit.';
  }
}

/** The words for on and off, as the makefile writes the one it has. Off is the empty text if it says nothing. */
export function switchWords(usual: string): { on: string; off: string } {
  const word = usual.toLowerCase();
  const pair = PAIRS.find(([on, off]) => on === word || off === word);
  if (pair) return { on: likewise(pair[0], usual), off: likewise(pair[1], usual) };
  return { on: usual === '' ? '1' : usual, off: '' };
}

/** A word with capitals at the places of another one's. */
function likewise(word: string, model: string): string {
  if (model.length > 1 && model === model.toUpperCase()) return word.toUpperCase();
  const capital = model[0] !== model[0]?.toLowerCase();
  return capital ? word[0]!.toUpperCase() + word.slice(1) : word;
}

/** Whether segments of these would be wider than a field. */
function long(choices: string[]): boolean {
  return choices.reduce((sum, choice) => sum + choice.length + 4, 0) > 56;
}
