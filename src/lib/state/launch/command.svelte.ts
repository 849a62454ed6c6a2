// What is filled into the launch form of a shell command, and the request it makes.
import type { CommandForm } from '$lib/state/launch/launch.svelte';
import type { BatchRules, Start } from '$lib/wire';
import { filled, places } from '$lib/template';
import { SvelteMap } from 'svelte/reactivity';
import { type Choose, HostLine } from './host-line.svelte';

/** The fields of a command. */
export class CommandFields {
  readonly kind = 'command';
  command = $state('');
  /** Where it runs. */
  readonly line: HostLine;
  cwd = $state('');
  pty = $state(false);
  /** Whether it runs as root on its hosts. A terminal asks by itself. */
  sudo = $state(false);
  /** Whether it is kept among the saved commands of its hosts. */
  keep = $state(false);
  readonly #home: string;

  /** On how many hosts at once, in which waves, and after how many failures it stops; empty for the usual. */
  limit = $state('');
  waves = $state('');
  stopAfter = $state('');
  /** What runs on the hosts of a wave before the next one starts. */
  check = $state('');

  /** What is filled in the places of the command, by their names. */
  readonly values = new SvelteMap<string, string>();

  /** The names of its places. */
  readonly places: string[] = $derived(places(this.command));
  /** None means this machine. */
  readonly hosts: string[] = $derived.by(() => this.line.hosts);
  /** Why it cannot be started yet; an empty field, and a line that means no host, say that by themselves. */
  readonly lacking: string | null = $derived.by(() =>
    this.command.trim() === '' || !this.line.known || this.#open.length > 0 ? '' : null,
  );
  /** The places that have no value yet. */
  readonly #open = $derived(this.places.filter((name) => (this.values.get(name) ?? '') === ''));
  /** Why a person is asked once more before it starts; null if there is no reason. */
  readonly doubt: string | null = $derived.by(() => {
    const { isAll, others, hosts, text } = this.line;
    if (isAll) return `“${text.trim()}” means all ${hosts.length} hosts.`;
    return others[0] === undefined ? null : `A batch that ${others[0]} started says which hosts.`;
  });
  /** Whether it can be run as root, and is to be. */
  readonly bySudo: boolean = $derived.by(
    () => this.sudo && !this.pty && this.line.hosts.length > 0,
  );
  readonly #rules: BatchRules = $derived.by(() => {
    const rules: BatchRules = {};
    if (this.bySudo) rules.sudo = true;
    if (this.hosts.length < 2) return rules;
    if (this.line.set !== '') rules.chosen = this.line.set;
    const filled = (text: string) => (text.trim() === '' ? undefined : text.trim());
    const [limit, waves] = [filled(this.limit), filled(this.waves)];
    const [stop, check] = [filled(this.stopAfter), filled(this.check)];
    if (limit !== undefined) rules.limit = limit;
    if (waves !== undefined) rules.waves = waves;
    if (stop !== undefined) rules.stop_after = stop;
    if (check !== undefined) rules.check = check;
    return rules;
  });
  /** The request. */
  readonly start: Start = $derived({
    kind: 'command',
    command: filled(this.command, this.values),
    hosts: [...this.hosts],
    cwd: this.hosts.length === 0 ? this.#folder(this.cwd.trim()) : null,
    pty: this.pty,
    ...(this.hosts.length > 1 || this.bySudo ? { rules: this.#rules } : {}),
  });
  /** Where it runs, in words. */
  readonly where: string = $derived(
    this.hosts.length > 1 ? `${this.hosts.length} hosts` : (this.hosts[0] ?? 'this machine'),
  );

  /** `choose` finds the hosts that a line means. */
  constructor(form: CommandForm, home: string, choose: Choose) {
    this.#home = home;
    this.line = new HostLine(choose, form.hosts);
    this.command = form.command;
    this.cwd = form.cwd ?? '';
    this.pty = form.pty;
    this.sudo = form.sudo ?? false;
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
