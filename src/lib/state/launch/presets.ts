// What a target was started with before, and what was kept under names: asked of the other side, which keeps it.
import type { Client } from '$lib/client';
import type { Filled, Job, MakeOptions, Preset, Presets, Target } from '$lib/wire';
import { stemOf } from './pattern';

/** As make is asked where nobody says otherwise. */
export const PLAIN: MakeOptions = {
  jobs: null,
  keep_going: false,
  always_make: false,
  dry_run: false,
  raw: [],
  reserved: false,
};

/** A project and one of its targets, by name. */
export interface Which {
  project: string;
  target: string;
}

/** What is known of earlier launches; nothing where it cannot be asked. */
export async function presetsOf(client: Client, which: Which): Promise<Presets> {
  try {
    return await client.ask({ type: 'presets', with: which }, 'presets');
  } catch {
    // A form without them is still a form, and what is wrong shows as it is started.
    return { last: null, named: [] };
  }
}

/** Keeps what is filled in under a name, in the place of what had that name. */
export function savePreset(client: Client, which: Which, preset: Preset): Promise<Presets> {
  return client.ask({ type: 'save_preset', with: { ...which, preset } }, 'presets');
}

/** Drops what was kept under a name. */
export function forgetPreset(client: Client, which: Which, name: string): Promise<Presets> {
  return client.ask({ type: 'forget_preset', with: { ...which, name } }, 'presets');
}

/** The targets of a job, one by one: only the words of its arguments tell where one ends. */
export function targetsOf(job: Pick<Job, 'argv' | 'target'>): string[] {
  const behind = job.argv.lastIndexOf('--');
  const words = behind < 0 ? [] : job.argv.slice(behind + 1).filter((word) => !word.includes('='));
  return words.length > 0 ? words : job.target === null ? [] : [job.target];
}

/** What a job of a target was started with, to begin another form with. */
export function filledBy(job: Job, target: Target): Filled {
  const { variables, options, pty } = job;
  const [first, ...words] = targetsOf(job);
  return { variables, options, pty, words, stem: stemOf(target, first ?? '') };
}

/** Whether all of it can be started as it is: a secret was not kept. */
export function isWhole(filled: Filled): boolean {
  return filled.variables.every(([, value]) => value !== null);
}
