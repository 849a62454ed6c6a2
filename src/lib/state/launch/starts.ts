// What is asked to be started, as the server takes it.
import { SHELL } from '$lib/job';
import type { Batch, Filled, Project, Start, Target } from '$lib/wire';
import { nameWith } from './pattern';
import { PLAIN } from './presets';

/** What a batch ran, on some hosts again. */
export function startOf(batch: Batch, hosts: string[]): Start {
  const { command, pty, target } = batch;
  const sudo = bySudo(batch.rules.sudo ?? false);
  if (!target) return { kind: 'command', command, hosts, cwd: null, pty, ...sudo };
  const on = hosts.map((host) => ({ host, folder: null }));
  return { kind: 'target_on_hosts', ...target, pty, on, ...sudo };
}

/** What says of a command that it runs as root. */
export function bySudo(sudo: boolean): { rules?: { sudo: true } } {
  return sudo ? { rules: { sudo } } : {};
}

/** A shell's command line on a host, or here. */
export function commandOn(host: string | null, command: string): Start & { kind: 'command' } {
  return { kind: 'command', command, hosts: host === null ? [] : [host], cwd: null, pty: false };
}

/** A shell on a host, or here. */
export function shellOn(host: string | null): Start & { kind: 'command' } {
  return { ...commandOn(host, SHELL), pty: true };
}

/** A target with nothing filled in. */
export function plainly(project: Project, target: Target): Start {
  const { name, pty } = target;
  return { kind: 'target', project: project.name, targets: [name], variables: [], pty };
}

/** A launch as it was; every value of it is known. */
export function asThen(project: Project, target: Target, last: Filled): Start {
  return {
    kind: 'target',
    project: project.name,
    targets: [nameWith(target, last.stem), ...last.words],
    variables: last.variables.map(([name, value]) => [name, value ?? '']),
    pty: last.pty,
    options: { ...PLAIN, ...last.options },
  };
}
