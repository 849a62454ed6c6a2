// The rules of what is kept, as they are typed, and what they would drop; nothing goes before that was shown.
import type { Client } from '../client';
import { reason } from '../reason';
import { keepFields, keepOf, type KeepFields } from '../retention';
import type { Keep, Outdated, Retention as Rules } from '../wire';

const ALL: Keep = { days: null, jobs: null, mebibytes: null };
/** Typing rests so long before the server works out what would go. */
const REST = 250;

/** Everything but the projects with rules of their own. */
export const EVERY_PROJECT = '';

/** The rules of the settings, in a form. */
export class Retention {
  /** Whose rules the fields are. */
  project = $state(EVERY_PROJECT);
  fields = $state<KeepFields>({ days: '', jobs: '', size: '' });
  /** What the rules that are typed would drop now; null before that is known. */
  outdated = $state.raw<Outdated | null>(null);
  /** Why something of this is not known. */
  problem = $state<string | null>(null);

  readonly #client: Client;
  readonly #saved: Rules;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #latest = 0;

  constructor(client: Client, saved: Rules) {
    this.#client = client;
    this.#saved = saved;
    this.choose(EVERY_PROJECT);
  }

  /** The rule as it is typed, or what is wrong with it. */
  readonly typed: Keep | string = $derived.by(() => keepOf(this.fields));

  /** All rules with the one that is typed; null if that is none. */
  readonly wanted: Rules | null = $derived.by(() => {
    if (typeof this.typed === 'string') return null;
    if (this.project === EVERY_PROJECT) return { ...this.#saved, keep: this.typed };
    const projects = { ...this.#saved.projects, [this.project]: this.typed };
    return { ...this.#saved, projects };
  });

  /** Whether the typed rule is another than the saved one. */
  readonly changed: boolean = $derived.by(
    () => JSON.stringify(this.typed) !== JSON.stringify(this.#of(this.project) ?? ALL),
  );

  /** Whether the chosen project has rules of its own. */
  get isOwn(): boolean {
    return this.project !== EVERY_PROJECT && this.#of(this.project) !== undefined;
  }

  /** The rules without those of the chosen project. */
  get without(): Rules {
    const projects = Object.entries(this.#saved.projects).filter(([name]) => name !== this.project);
    return { ...this.#saved, projects: Object.fromEntries(projects) };
  }

  /** Fills the fields with the rule of a project, or of all. */
  choose(project: string): void {
    this.project = project;
    this.fields = keepFields(this.#of(project) ?? ALL);
    this.outdated = null;
  }

  /** Asks what the typed rules would drop, once typing rests. */
  preview(): void {
    clearTimeout(this.#timer);
    this.outdated = null;
    const retention = this.wanted;
    const turn = ++this.#latest;
    if (retention === null) return;
    this.#timer = setTimeout(() => {
      const request = { settings: { type: 'outdated', with: { retention } } } as const;
      this.#client
        .ask(request, 'outdated')
        .then((outdated) => {
          if (turn === this.#latest) this.outdated = outdated;
        })
        .catch((error: unknown) => {
          if (turn === this.#latest) this.problem = reason(error);
        });
    }, REST);
  }

  #of(project: string): Keep | undefined {
    return project === EVERY_PROJECT ? this.#saved.keep : this.#saved.projects[project];
  }
}
