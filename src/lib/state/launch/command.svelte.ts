// What is filled into the launch form of a shell command, and the request it makes.
import type { CommandForm } from '$lib/state/launch/launch.svelte';
import type { Start } from '$lib/wire';

/** The fields of a command. */
export class CommandFields {
  readonly kind = 'command';
  command = $state('');
  /** None means this machine. */
  hosts = $state<string[]>([]);
  cwd = $state('');
  pty = $state(false);
  /** Whether it is kept among the saved commands of its hosts. */
  keep = $state(false);
  readonly #home: string;

  /** Why it cannot be started yet; an empty field says that by itself. */
  readonly lacking: string | null = $derived(this.command.trim() === '' ? '' : null);
  /** The request. */
  readonly start: Start = $derived({
    kind: 'command',
    command: this.command,
    hosts: [...this.hosts],
    cwd: this.hosts.length === 0 ? this.#folder(this.cwd.trim()) : null,
    pty: this.pty,
  });
  /** Where it runs, in words. */
  readonly where: string = $derived(
    this.hosts.length > 1 ? `${this.hosts.length} hosts` : (this.hosts[0] ?? 'this machine'),
  );

  constructor(form: CommandForm, home: string) {
    this.#home = home;
    this.command = form.command;
    this.hosts = form.hosts;
    this.cwd = form.cwd ?? '';
    this.pty = form.pty;
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
