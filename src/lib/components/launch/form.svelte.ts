// What is filled into the launch form, and the request and the line it makes.
import { variablesOf } from '$lib/state/projects.svelte';
import type { Form, Values } from '$lib/state/launch.svelte';
import type { Start, Variable } from '$lib/wire';

type TargetForm = Extract<Form, { kind: 'target' }>;

/** The fields of a target. */
export class TargetFields {
  readonly form = $state.raw() as TargetForm;
  readonly variables = $state.raw<Variable[]>([]);
  /** Values by name; a field that was left as it was gives none. */
  values = $state<Record<string, string>>({});
  pty = $state(false);

  /** Those a person is meant to set: documented, with `?=`, or needed. */
  readonly meant: Variable[] = $derived(this.variables.filter(isMeant));
  /** The makefile's own, which can be set all the same. */
  readonly others: Variable[] = $derived(this.variables.filter((variable) => !isMeant(variable)));

  /** The name and value of each field that says something else than the makefile. */
  readonly given: [string, string][] = $derived(
    this.variables
      .map(({ name }): [string, string] => [name, this.values[name] ?? ''])
      .filter(([name, value]) => value !== '' && value !== this.#default(name)),
  );
  /** Names of required variables without a value. */
  readonly missing: string[] = $derived(
    this.variables
      .filter(({ name, required }) => required && (this.values[name] ?? '') === '')
      .map(({ name }) => name),
  );
  /** The line a person would type; a secret is not in it. */
  readonly line: string = $derived(
    [
      'make',
      shown(this.form.target.name),
      ...this.given.map(([name, value]) => this.#shown(name, value)),
    ].join(' '),
  );

  constructor(form: TargetForm) {
    this.form = form;
    this.variables = variablesOf(form.scan, form.target);
    this.pty = form.target.pty;
    this.values = Object.fromEntries(
      this.variables.map(({ name }) => [
        name,
        started(form.values, name) ?? this.#default(name) ?? '',
      ]),
    );
  }

  /** The request. */
  get start(): Start {
    return {
      kind: 'target',
      project: this.form.project.name,
      targets: [this.form.target.name],
      variables: this.given,
      pty: this.pty,
    };
  }

  #default(name: string): string | null {
    return this.variables.find((variable) => variable.name === name)?.default ?? null;
  }

  #shown(name: string, value: string): string {
    const secret = this.variables.some((variable) => variable.name === name && variable.secret);
    return `${name}=${secret ? '…' : shown(value)}`;
  }
}

function isMeant({ doc, optional, required }: Variable): boolean {
  return doc !== null || optional || required;
}

function started(values: Values, name: string): string | null {
  return values.find(([each]) => each === name)?.[1] ?? null;
}

/** A word as a person would type it in a shell. */
function shown(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
