// From a click to a job: at once, after a question of trust, or through the form.
import { places } from '$lib/template';
import { CallFailed, type Client } from '$lib/client';
import { isOver, SHELL } from '$lib/job';
import type {
  Batch,
  Checkout,
  CommandConsent,
  Copied,
  CopiedAs,
  Filled,
  Job,
  Presets,
  Project,
  Sought,
  Start,
  Target,
} from '$lib/wire';
import type { Hosts } from '$lib/state/hosts.svelte';
import type { Jobs } from '$lib/state/jobs.svelte';
import type { Foreign, Form } from './form';
import { startInTerminal } from './in-terminal';
import { isKeptInTerminal, keepInTerminal } from '../terminal/wants';
import { filledBy, isWhole, KeptPresets } from './presets';
import { Previewer } from './preview.svelte';
import { targetCalled } from './pattern';
import { asThen, bySudo, commandOn, plainly, shellOn, startOf } from './starts';
import type { Notices } from '$lib/state/notices.svelte';
import { asksFirst, lacks, type Projects } from '$lib/state/projects.svelte';

export { bySudo, commandOn, plainly, shellOn, startOf };

/** What it needs of the page. */
export interface World {
  client: Client;
  projects: Projects;
  jobs: Jobs;
  notices: Notices;
  /** Whether somebody else started a job. */
  isOthers: (job: Job) => boolean;
  hosts: Pick<Hosts, 'careOf'>;
  show: (job: Job) => void;
}

/** Starts jobs. */
export class Launch {
  /** The open form. */
  form = $state.raw<Form | null>(null);
  /** The project whose trust is asked for, and what happens then. */
  trust = $state.raw<{ project: Project; then: () => void } | null>(null);
  /** The job that is only run again once a person has seen what it runs. */
  foreign = $state.raw<Foreign | null>(null);
  /** The command of the SSH config that has to be allowed first, and who waits for that. */
  consent = $state.raw<{ question: CommandConsent; answer: (allowed: boolean) => void } | null>(
    null,
  );
  /** A script that was dropped on the open form of a command, as the command that it is. */
  dropped = $state.raw<string | null>(null);
  /** What is being started by a click: a second click waits for it. */
  #starting = $state.raw<string | null>(null);
  /** The last form that was asked for; one that is ready later than it does not open. */
  #opening = 0;

  readonly presets: KeptPresets;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    this.presets = new KeptPresets(world.client);
  }

  /** A preview of what a form would run; one for each form. */
  previewer(): Previewer {
    return new Previewer(this.#world.client);
  }

  /** A job or a launch as a line for a terminal, without secrets. */
  async line(what: Copied, by: CopiedAs): Promise<string> {
    const copy = { launch: { type: 'copy' as const, with: { what, by } } };
    return (await this.#world.client.ask(copy, 'line')).line;
  }

  /** A click on a target: runs it if nothing has to be asked, else asks. */
  target(project: Project, target: Target): void {
    const scan = this.#world.projects.scanOf(project.name);
    if (!scan) return;
    if (asksFirst(target)) return this.targetForm(project, target);
    const start = plainly(project, target);
    const pty = target.pty || isKeptInTerminal(project.name, [target.name]);
    this.#trusted(project, () => void this.#once({ ...start, pty }));
  }

  /** Opens the form of a target, with what it was last started with or with what is given. */
  targetForm(
    project: Project,
    target: Target,
    filled: Filled | null = null,
    hosts: string[] = [],
  ): void {
    const scan = this.#world.projects.scanOf(project.name);
    if (!scan) return;
    this.#trusted(project, () => {
      const opening = ++this.#opening;
      void this.#presets(project, target).then((presets) => {
        if (opening !== this.#opening) return;
        this.form = { kind: 'target', project, target, scan, presets, filled, hosts };
      });
    });
  }

  /** Runs a target as it was last started, or as a preset has it; asks if it has to, or if a secret was not kept. */
  async asLast(project: Project, target: Target, preset: Filled | null = null): Promise<void> {
    const last = preset ?? (await this.#presets(project, target)).last;
    const scan = this.#world.projects.scanOf(project.name);
    if (!last || !scan) return this.target(project, target);
    const names = last.variables.map(([name]) => name);
    const isOpen = target.pattern && last.stem === null;
    if (target.danger !== null || isOpen || !isWhole(last) || lacks(target, names)) {
      return this.targetForm(project, target, preset);
    }
    this.#trusted(project, () => void this.#once(asThen(project, target, last)));
  }

  /** A click on a saved command: runs it, or asks if it is dangerous or has places to fill in. */
  async command(host: string | null, command: string): Promise<void> {
    const start = commandOn(host, command);
    const isOpen = places(command).length > 0;
    if (isOpen || (await this.#asksFirst(start))) this.commandForm(host, command);
    else await this.#once(start);
  }

  /** Runs one of our own commands that only reads, on a host: the click on it is all that is asked. */
  reading(host: string, command: string): Promise<void> {
    return this.#once({ ...commandOn(host, command), rules: { agreed: true } });
  }

  /** Runs a command on several hosts, or asks if it is dangerous there. */
  async onHosts(hosts: string[], command: string, pty: boolean, sudo = false): Promise<void> {
    const start: Start = { kind: 'command', command, hosts, cwd: null, pty, ...bySudo(sudo) };
    if (await this.#asksFirst(start)) this.formOnHosts(hosts, command, pty, sudo);
    else await this.#once(start);
  }

  /** Runs what a batch ran again on some hosts, or asks if it is dangerous there. */
  async batchAgain(batch: Batch, hosts: string[]): Promise<void> {
    const start = startOf(batch, hosts);
    if (await this.#asksFirst(start)) this.batchChanged(batch, hosts);
    else await this.#once(start);
  }

  /** Opens the form with what a batch ran, for some hosts. */
  batchChanged(batch: Batch, hosts: string[]): void {
    const { target } = batch;
    const own = target && this.#targetCalled(target.project, target.targets);
    if (!own) return this.formOnHosts(hosts, batch.command, batch.pty, batch.rules.sudo);
    const filled = filledBy({ ...target, pty: batch.pty }, own.target);
    this.targetForm(own.project, own.target, filled, hosts);
  }

  /** Looks for a project's folder on hosts: a job on each of them. */
  async look(sought: Sought): Promise<Checkout[]> {
    const looked = await this.allowed(async () => {
      const request = { launch: { type: 'look_on_hosts', with: sought } } as const;
      return (await this.#world.client.ask(request, 'checkouts')).checkouts;
    });
    if (!looked) throw new Error('Nothing was looked for.');
    return looked;
  }

  /** Opens a shell: on a host, or here in a folder, the home folder if none is named. */
  shell(host: string | null, cwd: string | null = null): void {
    const care = host === null ? 'ask' : this.#world.hosts.careOf(host);
    if (care === 'always' || care === 'name') this.commandForm(host, SHELL, cwd, true);
    else void this.#once({ ...shellOn(host), cwd });
  }

  /** Runs a command here in a terminal. */
  terminal(command: string, cwd: string | null): void {
    void this.#once({ ...commandOn(null, command), cwd, pty: true });
  }

  /** Opens the form of a command. */
  commandForm(host: string | null, command = '', cwd: string | null = null, pty = false): void {
    this.#opening += 1;
    this.form = { kind: 'command', hosts: host === null ? [] : [host], command, cwd, pty };
  }

  /** Opens the form of a command on several hosts. */
  formOnHosts(hosts: string[], command: string, pty: boolean, sudo = false): void {
    this.#opening += 1;
    this.form = { kind: 'command', hosts, command, cwd: null, pty, sudo };
  }

  /** Opens the form of a command on a set of hosts. */
  formOnSet(set: string, command = ''): void {
    this.#opening += 1;
    this.form = { kind: 'command', hosts: [], set, command, cwd: null, pty: false };
  }

  /** Closes the form; one that is still on its way does not open. */
  close(): void {
    this.#opening += 1;
    this.form = null;
  }

  /** Starts what the form asks for and shows it; rejects with the reason, to be shown in the form. */
  async run(start: Start): Promise<void> {
    const job = await this.allowed(() => this.#world.jobs.start(start));
    if (!job) return;
    this.#world.show(job);
    this.form = null;
  }

  /** Starts the same again and shows it; through the form if it is dangerous, or was somebody else's. */
  async again(job: Job): Promise<void> {
    const own = this.targetOf(job);
    if (this.#world.isOthers(job) && (own || job.project === null)) return this.changed(job);
    if (own) {
      if (this.#asksAgain(own.target, job)) return this.changed(job);
      return this.#trusted(own.project, () => this.#again(job));
    }
    const hosts = job.host === null ? [] : [job.host];
    const { command, cwd, pty } = job;
    if (
      job.project === null &&
      (await this.#asksFirst({ kind: 'command', command, hosts, cwd, pty }))
    )
      this.changed(job);
    else this.#again(job);
  }

  /** Runs in a terminal what ran without one, and its target from now on; one that still runs is canceled. */
  async inTerminal(job: Job): Promise<void> {
    const { jobs, notices } = this.#world;
    if (!isOver(job)) await notices.attempt(`cancel ${job.command}`, jobs.cancel(job.id, true));
    if (job.project !== null) keepInTerminal(job.project, job.targets);
    const start = startInTerminal(job);
    // What has to be asked is asked in the form.
    if (!start || this.#world.isOthers(job) || (await this.#asksFirst(start)))
      return this.changed({ ...job, pty: true });
    await this.#once(start);
  }

  /** Opens the form with what a job was started with. */
  changed(job: Job): void {
    const own = this.targetOf(job);
    if (own) {
      const hosts = job.host === null ? [] : [job.host];
      this.targetForm(own.project, own.target, filledBy(job, own.target), hosts);
    } else if (job.host !== null) this.formOnHosts([job.host], job.command, job.pty, job.sudo);
    else this.commandForm(null, job.command, job.cwd, job.pty);
  }

  /** The target of a job, if its project still has it. */
  targetOf(job: Job): { project: Project; target: Target } | null {
    return job.project === null ? null : this.#targetCalled(job.project, job.targets);
  }

  #targetCalled(of: string, targets: string[]): { project: Project; target: Target } | null {
    const project = this.#world.projects.get(of);
    const [first] = targets;
    const scan = project && this.#world.projects.scanOf(project.name);
    const whole = scan?.targets.find(({ name }) => name === targets.join(' '));
    const target = whole ?? (scan && first !== undefined ? targetCalled(scan, first) : null);
    return project && target ? { project, target } : null;
  }

  /** Allows the targets of the project, and of others with it, and goes on; rejects with the reason. */
  async accept(others: Project[] = []): Promise<void> {
    const pending = this.trust;
    if (!pending) return;
    for (const { name } of [pending.project, ...others]) await this.#world.projects.trust(name);
    this.trust = null;
    pending.then();
  }

  /** Runs again what somebody else started, now that it was seen; rejects with the reason. */
  async acceptForeign(): Promise<void> {
    const pending = this.foreign;
    if (!pending) return;
    const { job: theirs } = pending;
    const job = await this.allowed(() => this.#world.jobs.runAgain(theirs, [theirs.owner])).catch(
      async (error: unknown) => {
        // It may be another one by now than the dialog shows.
        this.foreign = { ...pending, job: await this.#world.jobs.load(theirs.id) };
        throw error;
      },
    );
    if (!job) return;
    this.#world.show(job);
    this.foreign = null;
  }

  /** Allows the command that was asked about, and goes on; rejects with the reason. */
  async allow(): Promise<void> {
    const { consent } = this;
    if (!consent) return;
    const { command } = consent.question;
    await this.#world.client.tell({ catalog: { type: 'allow_command', with: { command } } });
    this.consent = null;
    consent.answer(true);
  }

  /** Does not allow it: nothing is started. */
  decline(): void {
    this.consent?.answer(false);
    this.consent = null;
  }

  /** Starts something; asks if a command has to be allowed first. Undefined if that was declined. */
  async allowed<T>(start: () => Promise<T>): Promise<T | undefined> {
    for (;;) {
      try {
        return await start();
      } catch (error) {
        const question = error instanceof CallFailed ? error.consent : null;
        if (!question) throw error;
        this.decline();
        const allowed = new Promise<boolean>((answer) => (this.consent = { question, answer }));
        if (!(await allowed)) return undefined;
      }
    }
  }

  #presets(project: Project, target: Target): Promise<Presets> {
    return this.presets.of({ project: project.name, target: target.name });
  }

  #trusted(project: Project, then: () => void): void {
    if (this.#world.projects.get(project.name)?.trusted) then();
    else this.trust = { project, then };
  }

  /** Whether a target that ran on a host asks before it does so again. */
  #asksAgain({ danger }: Target, { host }: Job): boolean {
    const care = host === null ? 'ask' : this.#world.hosts.careOf(host);
    return care === 'ask' ? danger !== null : care !== 'free';
  }

  /** Whether it asks before it runs. If that is unknown, the start says what is wrong. */
  async #asksFirst(start: Start): Promise<boolean> {
    try {
      const preview = await this.#world.client.ask(
        { launch: { type: 'preview', with: start } },
        'preview',
      );
      return preview.dangers.length > 0 || preview.asking.length > 0;
    } catch {
      return false;
    }
  }

  #again(job: Job): void {
    const again = this.allowed(() => this.#world.jobs.runAgain(job));
    const shown = again.then((started) => started && this.#world.show(started));
    shown.catch((error: unknown) => {
      if (error instanceof CallFailed && error.code === 'foreign') {
        this.foreign = { job, why: error.message };
        return;
      }
      this.#world.notices.failed(`run ${job.command} again`, error);
      // It may be another one by now than the page shows.
      this.#world.jobs.load(job.id).catch(() => undefined);
    });
  }

  async #once(start: Start): Promise<void> {
    const key = JSON.stringify(start);
    if (this.#starting === key) return;
    this.#starting = key;
    try {
      const job = await this.allowed(() => this.#world.jobs.start(start));
      if (job) this.#world.show(job);
    } catch (error) {
      const what = start.kind === 'command' ? start.command : start.targets.join(' ');
      this.#world.notices.failed(`start ${what}`, error);
    } finally {
      this.#starting = null;
    }
  }
}
