// What is filled into the launch form of a shell command, and the request it makes.
import type { CommandForm } from '$lib/state/launch/form';
import type { BatchRules, Start } from '$lib/wire';
import { filled, places, unfit } from '$lib/template';
import { SvelteMap } from 'svelte/reactivity';
import { type Choose, HostLine } from './host-line.svelte';
import { RuleFields } from './rules.svelte';

/** The fields of a command. */
export class CommandFields {
  readonly kind = 'command';
  command = $state('');
  /** Where it runs. */
  readonly line: HostLine;
  cwd = $state('');
  pty = $state(false);
  /** How it is run on its hosts. */
  readonly rules = new RuleFields();
  /** Whether it is kept among the saved commands of its hosts. */
  keep = $state(false);
  readonly #home: string;

  /** What is filled in the places of the command, by their names. */
  readonly values = new SvelteMap<string, string>();

  /** The names of its places. */
  readonly places: string[] = $derived(places(this.command));
  /** None means this machine. */
  readonly hosts: string[] = $derived.by(() => this.line.hosts);
  /** Why it cannot be started yet; an empty field, and a line that means no host, say that by themselves. */
  readonly lacking: string | null = $derived.by(() => {
    if (this.command.trim() === '' || !this.line.known || this.#open.length > 0) return '';
    const [name] = unfit(this.command, this.values);
    return name === undefined
      ? null
      : `Another shell reads what is put at {{${name}}}: only letters, digits and . / : , + @ - can be there`;
  });
  /** The places that have no value yet. */
  readonly #open = $derived(this.places.filter((name) => (this.values.get(name) ?? '') === ''));
  /** Why a person is asked once more before it starts; null if there is no reason. */
  readonly doubt: string | null = $derived.by(() => this.line.doubt);
  readonly #rules: BatchRules = $derived.by(() => this.rules.of(this.line, this.pty));
  /** The request. */
  readonly start: Start = $derived({
    kind: 'command',
    command: filled(this.command, this.values),
    hosts: [...this.hosts],
    cwd: this.hosts.length === 0 ? this.#folder(this.cwd.trim()) : null,
    pty: this.pty,
    ...(Object.keys(this.#rules).length > 0 ? { rules: this.#rules } : {}),
  });
  /** Where it runs, in words. */
  readonly where: string = $derived.by(() => this.line.where);

  /** `choose` finds the hosts that a line means. */
  constructor(form: CommandForm, home: string, choose: Choose) {
    this.#home = home;
    this.line = new HostLine(choose, form.hosts);
    if (form.set !== undefined) this.line.type(form.set);
    this.command = form.command;
    this.cwd = form.cwd ?? '';
    this.pty = form.pty;
    this.rules.sudo = form.sudo ?? false;
  }

  /** The request, with the names of hosts in production that a person typed. */
  confirmed(names: string[]): Start {
    return { ...this.start, confirmed: names } as Start;
  }

  /** Null for none, which means the home folder. */
  #folder(path: string): string | null {
    return path === '' ? null : path.replace(/^~(?=\/|$)/, () => this.#home);
  }
}
