// What a target was started with before, and what was saved under names: the server keeps it.
import type { Client } from '$lib/client';
import type { Filled, Job, MakeOptions, Preset, Presets, Target } from '$lib/wire';
import { stemOf } from './pattern';

/** The options of make by default. */
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

/** What a target was started with before, and what is saved under names. */
export class KeptPresets {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Those of a target; none if they cannot be asked for. */
  async of(which: Which): Promise<Presets> {
    try {
      return await this.#client.ask({ launch: { type: 'presets', with: which } }, 'presets');
    } catch {
      // A form without them is still a form, and what is wrong shows as it is started.
      return { last: null, named: [] };
    }
  }

  /** Saves what is filled in under a name, in the place of what had that name. */
  save(which: Which, preset: Preset): Promise<Presets> {
    return this.#client.ask(
      { launch: { type: 'save_preset', with: { ...which, preset } } },
      'presets',
    );
  }

  /** Deletes what was saved under a name. */
  forget(which: Which, name: string): Promise<Presets> {
    return this.#client.ask(
      { launch: { type: 'forget_preset', with: { ...which, name } } },
      'presets',
    );
  }
}

/** What a job of a target was started with, to begin another form with. */
export function filledBy(
  job: Pick<Job, 'variables' | 'options' | 'pty' | 'targets'>,
  target: Target,
): Filled {
  const { variables, options, pty } = job;
  const [first, ...words] = job.targets;
  return { variables, options, pty, words, stem: stemOf(target, first ?? '') };
}

/** Whether all of it can be started as it is: a secret was not kept. */
export function isWhole(filled: Filled): boolean {
  return filled.variables.every(([, value]) => value !== null);
}
