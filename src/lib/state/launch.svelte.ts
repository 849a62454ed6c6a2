// From a click to a job: at once, after a question of trust, or through the form.
import type { Job, Project, Scan, Start, Target } from '../wire';
import type { Jobs } from './jobs.svelte';
import type { Notices } from './notices.svelte';
import { asksFirst, type Projects } from './projects.svelte';

/** Values of variables to begin with; a secret one has none. */
export type Values = [string, string | null][];

/** What the form is open for. */
export type Form =
  | { kind: 'target'; project: Project; target: Target; scan: Scan; values: Values }
  /** A shell command here, or on a host. */
  | { kind: 'command'; host: string | null; command: string; cwd: string | null };

/** Starts jobs. */
export class Launch {
  /** The open form. */
  form = $state.raw<Form | null>(null);
  /** The project whose trust is asked for, and what happens then. */
  trust = $state.raw<{ project: Project; then: () => void } | null>(null);
  /** What is being started by a click: a second click waits for it. */
  #starting = $state.raw<string | null>(null);

  readonly #projects: Projects;
  readonly #jobs: Jobs;
  readonly #notices: Notices;
  readonly #show: (job: Job) => void;

  constructor(projects: Projects, jobs: Jobs, notices: Notices, show: (job: Job) => void) {
    this.#projects = projects;
    this.#jobs = jobs;
    this.#notices = notices;
    this.#show = show;
  }

  /** A click on a target: runs it where nothing has to be asked, else asks. */
  target(project: Project, target: Target): void {
    const scan = this.#projects.scanOf(project.name);
    if (!scan) return;
    if (asksFirst(scan, target)) return this.targetForm(project, target);
    this.#trusted(project, () => {
      const { name, pty } = target;
      void this.#once({
        kind: 'target',
        project: project.name,
        targets: [name],
        variables: [],
        pty,
      });
    });
  }

  /** Opens the form of a target. */
  targetForm(project: Project, target: Target, values: Values = []): void {
    const scan = this.#projects.scanOf(project.name);
    if (!scan) return;
    this.#trusted(project, () => {
      this.form = { kind: 'target', project, target, scan, values };
    });
  }

  /** A click on a saved command: runs it. */
  command(host: string | null, command: string): void {
    const hosts = host === null ? [] : [host];
    void this.#once({ kind: 'command', command, hosts, cwd: null, pty: false });
  }

  /** Opens the form of a command. */
  commandForm(host: string | null, command = '', cwd: string | null = null): void {
    this.form = { kind: 'command', host, command, cwd };
  }

  /** Starts what the form asks for and shows it; rejects with the reason, to be shown in the form. */
  async run(start: Start): Promise<void> {
    this.#show(await this.#jobs.start(start));
    this.form = null;
  }

  /** Starts the same again and shows it. */
  async again(job: Job): Promise<void> {
    const project = job.project === null ? undefined : this.#projects.get(job.project);
    const start = () => {
      const again = this.#jobs.runAgain(job.id).then(this.#show);
      again.catch((error: unknown) => this.#notices.failed(`run ${job.command} again`, error));
    };
    if (project) this.#trusted(project, start);
    else start();
  }

  /** Allows the project's targets and goes on; rejects with the reason. */
  async accept(): Promise<void> {
    const asked = this.trust;
    if (!asked) return;
    await this.#projects.trust(asked.project.name);
    this.trust = null;
    asked.then();
  }

  #trusted(project: Project, then: () => void): void {
    if (this.#projects.get(project.name)?.trusted) then();
    else this.trust = { project, then };
  }

  async #once(start: Start): Promise<void> {
    const key = JSON.stringify(start);
    if (this.#starting === key) return;
    this.#starting = key;
    try {
      this.#show(await this.#jobs.start(start));
    } catch (error) {
      const what = start.kind === 'target' ? start.targets.join(' ') : start.command;
      this.#notices.failed(`start ${what}`, error);
    } finally {
      this.#starting = null;
    }
  }
}
