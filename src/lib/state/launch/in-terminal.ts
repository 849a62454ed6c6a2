// What a job ran, as it is started again in a terminal.
import type { Job, Start } from '$lib/wire';

/** The start; null if a secret of then was not kept, or if it ran a target on a host: both are asked for in the form. */
export function startInTerminal(job: Job): Start | null {
  const { project, targets, host, command, cwd, sudo } = job;
  if (project === null) {
    const hosts = host === null ? [] : [host];
    return { kind: 'command', command, hosts, cwd, pty: true, ...(sudo && { rules: { sudo } }) };
  }
  const variables = job.variables.map(([name, value]) => [name, value ?? ''] as [string, string]);
  if (host !== null || job.variables.some(([, value]) => value === null)) return null;
  return { kind: 'target', project, targets, variables, options: job.options, pty: true };
}
