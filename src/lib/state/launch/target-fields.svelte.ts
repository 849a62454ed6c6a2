// What is filled into the launch form of a target, and the request it makes.
import { PLAIN } from '$lib/state/launch/presets';
import type { TargetForm } from '$lib/state/launch/form';
import { isMeant, variablesOf } from '$lib/state/projects.svelte';
import type { Checkout, Filled, InFolder, MakeOptions, Presets, Sought, Start } from '$lib/wire';
import { type Choose, HostLine } from './host-line.svelte';
import { nameWith } from './pattern';
import { RuleFields } from './rules.svelte';
import { AddedVariable, VariableField } from './variable.svelte';
import { join, split } from './shell-words';

/** Names that change what make does with everything else; they have to be confirmed. */
const RESERVED = new Set(
  'GNUMAKEFLAGS MAKE MAKEFILES MAKEFLAGS MAKEOVERRIDES MFLAGS SHELL VPATH'.split(' '),
);

/** A form that begins with the makefile's own. */
const NOTHING = { variables: [], stem: null, words: [], options: null, pty: null };

/** What the form begins with: a job's own, what was last given, the makefile's, or a preset (`=` and its name). */
export type Begin = 'job' | 'last' | 'makefile' | `=${string}`;

/** The fields of a target. */
export class TargetFields {
  readonly kind = 'target';
  readonly form: TargetForm;
  /** The variables the target uses. */
  readonly fields: VariableField[];
  /** Those a person is meant to set. */
  readonly meant: VariableField[];
  /** The makefile's own, which can be set all the same. */
  readonly others: VariableField[];
  presets = $state.raw<Presets>({ last: null, named: [] });
  begin = $state<Begin>('makefile');

  /** Where it runs. */
  readonly line: HostLine;
  /** The project's folder there; empty for wherever it is found. */
  folder = $state('');
  /** How it is run there. */
  readonly rules = new RuleFields();
  /** What was last looked for on hosts, and what was found. */
  #found = $state.raw<{ sought: string; checkouts: Checkout[] } | null>(null);

  added = $state<AddedVariable[]>([]);
  /** The value of the `%` of a pattern. */
  stem = $state('');
  /** More targets, or words for the target, as a line. */
  words = $state('');
  /** The number behind `-j`, as it is typed; `0` for no limit. */
  jobs = $state('');
  keepGoing = $state(false);
  alwaysMake = $state(false);
  dryRun = $state(false);
  reserved = $state(false);
  pty = $state(false);
  #begun = $state.raw('');

  /** Every variable that is given to make, in the order of the form. */
  readonly #given = $derived(this.#all());
  readonly #split = $derived(split(this.words));
  /** Names that change make itself, of those that are given. */
  readonly reservedNames: string[] = $derived(
    this.#given.map(({ name }) => name).filter((name) => RESERVED.has(name)),
  );
  readonly options: MakeOptions = $derived({
    jobs: /\d/.test(this.jobs) && this.#hasNumber ? Number(this.jobs) : null,
    keep_going: this.keepGoing,
    always_make: this.alwaysMake,
    dry_run: this.dryRun,
    raw: this.#given.filter(({ raw }) => raw).map(({ name }) => name),
    reserved: this.reserved && this.reservedNames.length > 0,
  });
  /** All of it, to be kept; without secrets. */
  readonly filled: Filled = $derived({
    variables: this.#given.map(({ name, value, secret }) => [name, secret ? null : value]),
    stem: this.#stem,
    words: this.#split.words,
    options: this.options,
    pty: this.pty,
  });
  /** The name by which it is run: of a pattern, the one made of it. */
  readonly name: string = $derived(this.#name());
  /** What has to be looked for on hosts before it runs there; null if it runs here. */
  readonly sought: Sought | null = $derived.by(() => {
    const { hosts } = this.line;
    const folder = this.folder.trim() === '' ? null : this.folder.trim();
    const targets = [this.name, ...this.#split.words];
    return hosts.length === 0
      ? null
      : { project: this.form.project.name, targets, hosts: [...hosts], folder };
  });
  /** Where the project is on the hosts; null as long as that was not looked for. */
  readonly checkouts: Checkout[] | null = $derived.by(() =>
    this.#found?.sought === JSON.stringify(this.sought) ? this.#found.checkouts : null,
  );
  /** The hosts on which it can run; all of them as long as that is not known. */
  readonly ready: string[] = $derived.by(
    () =>
      this.checkouts?.filter(({ problem }) => problem === null).map(({ host }) => host) ??
      this.line.hosts,
  );
  /** The request. */
  readonly start: Start = $derived(this.#start());
  /** Why it cannot be started yet, as a sentence; the empty text if there is nothing to run yet. */
  readonly lacking: string | null = $derived(this.#lacking());
  /** Whether something was changed since it was filled in. */
  readonly changed: boolean = $derived(JSON.stringify(this.filled) !== this.#begun);

  /** `choose` finds the hosts that a line means. */
  constructor(form: TargetForm, choose: Choose = unknown) {
    const { scan, target } = form;
    this.form = form;
    this.line = new HostLine(choose, form.hosts ?? []);
    this.fields = variablesOf(scan, target).map((each) => new VariableField(each, target));
    this.meant = this.fields.filter(({ variable }) => isMeant(variable));
    this.others = this.fields.filter(({ variable }) => !isMeant(variable));
    this.presets = form.presets;
    this.beginWith(form.filled ? 'job' : form.presets.last ? 'last' : 'makefile');
  }

  /** Fills all fields again. */
  beginWith(begin: Begin): void {
    this.begin = begin;
    this.#fill(this.#source(begin));
    this.#begun = JSON.stringify(this.filled);
  }

  /** Takes in the presets after one was kept or dropped, and which of them the form now shows. */
  know(presets: Presets, begin: Begin): void {
    this.presets = presets;
    this.begin = begin;
    this.#begun = JSON.stringify(this.filled);
  }

  /** The hosts that its variables name (`@host`), whether given or by the makefile. */
  get hosts(): string[] {
    return this.fields
      .filter(({ variable }) => variable.kind === 'host')
      .map((field) => field.given ?? field.usual ?? '')
      .filter((host) => host !== '');
  }

  /** Looks for the project on the hosts; rejects with the reason. */
  async look(ask: (sought: Sought) => Promise<Checkout[]>): Promise<void> {
    const { sought } = this;
    if (!sought) return;
    const checkouts = await ask(sought);
    this.#found = { sought: JSON.stringify(sought), checkouts };
  }

  /** The request, with the names of hosts in production that a person typed. */
  confirmed(names: string[]): Start {
    const { start } = this;
    return start.kind === 'target_on_hosts' ? { ...start, confirmed: names } : start;
  }

  /** Why an added variable cannot be given, as a sentence. */
  problemOf(added: AddedVariable): string | null {
    if (added.problem !== null) return added.problem;
    const isField = this.fields.some(({ variable }) => variable.name === added.name);
    const first = this.added.find(({ name }) => name === added.name);
    return isField || (added.name !== '' && first !== added)
      ? `${added.name} is already in the form.`
      : null;
  }

  /** The value of the `%` of a pattern; null if it is none, or if nothing is typed yet. */
  get #stem(): string | null {
    return (this.form.target.pattern && this.stem.trim()) || null;
  }

  #name(): string {
    return nameWith(this.form.target, this.#stem);
  }

  /** Whether there is a number behind `-j`, or nothing. */
  get #hasNumber(): boolean {
    return /^\s*\d{0,5}\s*$/.test(this.jobs);
  }

  #source(begin: Begin): Filled | null {
    switch (begin) {
      case 'job':
        return this.form.filled;
      case 'last':
        return this.presets.last;
      case 'makefile':
        return null;
      default:
        return this.presets.named.find(({ name }) => `=${name}` === begin)?.filled ?? null;
    }
  }

  #fill(filled: Filled | null): void {
    const { variables, stem, words, options, pty } = filled ?? NOTHING;
    this.stem = stem ?? '';
    const values = new Map(variables);
    const raw = new Set(options?.raw ?? []);
    for (const field of this.fields) {
      const { name } = field.variable;
      field.fill(values.get(name), raw.has(name));
      values.delete(name);
    }
    this.added = [...values].map(
      ([name, value]) => new AddedVariable(name, value ?? '', raw.has(name)),
    );
    const { jobs, keep_going, always_make, dry_run, reserved } = options ?? PLAIN;
    this.jobs = jobs === null ? '' : String(jobs);
    [this.keepGoing, this.alwaysMake, this.dryRun] = [keep_going, always_make, dry_run];
    // What was confirmed once is not confirmed for ever.
    this.reserved = reserved && this.begin === 'job';
    this.words = join(words);
    this.pty = pty ?? this.form.target.pty;
  }

  #all(): { name: string; value: string; raw: boolean; secret: boolean }[] {
    const own = this.fields.flatMap(({ variable: { name, secret }, given, raw }) =>
      given === null ? [] : [{ name, value: given, raw, secret }],
    );
    const added = this.added
      .filter(({ name }) => name !== '')
      .map(({ name, text, raw }) => ({ name, value: text, raw, secret: false }));
    return [...own, ...added];
  }

  #start(): Start {
    const what = {
      project: this.form.project.name,
      targets: [this.name, ...this.#split.words],
      variables: this.#given.map(({ name, value }): [string, string] => [name, value]),
      pty: this.pty,
      options: this.options,
    };
    if (this.line.text.trim() === '') return { kind: 'target', ...what };
    // Those that were not reached are in the batch as such, as they would be of a command.
    const found = this.checkouts?.filter(({ problem, unreached }) => problem === null || unreached);
    const on: InFolder[] = found ?? this.line.hosts.map((host) => ({ host, folder: null }));
    const rules = this.rules.of(this.line, this.pty);
    return {
      kind: 'target_on_hosts',
      ...what,
      on: on.map(({ host, folder, unreached }) => ({
        ...{ host, folder },
        ...(unreached ? { unreached } : {}),
      })),
      ...(Object.keys(rules).length > 0 ? { rules } : {}),
    };
  }

  #lacking(): string | null {
    // What the line means is said below it.
    if (!this.line.known) return '';
    if (this.ready.length === 0 && this.checkouts !== null) return 'It can run on none of them.';
    if (this.form.target.pattern && this.#stem === null) return '';
    const missing = this.fields.filter((field) => field.missing);
    if (missing.length > 0) {
      return `Required: ${missing.map(({ variable }) => variable.name).join(', ')}`;
    }
    const wrong = this.added.find((each) => this.problemOf(each) !== null);
    if (wrong) return `${wrong.name} cannot be set.`;
    if (this.#split.problem !== null) return this.#split.problem;
    if (!this.#hasNumber) return '-j takes a number.';
    if (this.reservedNames.length > 0 && !this.reserved) {
      return `${this.reservedNames.join(' and ')} must be confirmed.`;
    }
    return null;
  }
}

/** For a form that is on this machine alone. */
const unknown: Choose = () => Promise.reject(new Error('no hosts are known'));
