// What is filled into the form of a host of a person's own, and what the host answered when it was tried. It outlives the
// dialog, which gives way to what a login asks.
import { untrack } from 'svelte';
import { isOver } from '$lib/job';
import { REACH_WORD } from '$lib/host';
import type { Host, Job, NewHost, Reach } from '$lib/wire';
import { Attempt } from './attempt.svelte';
import type { Hosts } from './hosts.svelte';
import type { Jobs } from './jobs.svelte';
import type { Launch } from './launch/launch.svelte';
import type { Reaches } from './reaches.svelte';

/** What it needs of the page. */
export interface HostWorld {
  readonly hosts: Pick<Hosts, 'add' | 'edit' | 'logIn' | 'probeAddress'>;
  readonly jobs: Pick<Jobs, 'get' | 'learn'>;
  readonly launch: Pick<Launch, 'allowed'>;
  readonly reaches: Pick<Reaches, 'get'>;
}

/** What it answered. */
interface Answer {
  word: string;
  isGood: boolean;
  /** What else there is to say. */
  words: string;
}

/** The form. */
export class HostForm {
  /** The host that is changed; null for a new one. */
  readonly before: Host | null;
  readonly attempt = new Attempt();
  name = $state('');
  address = $state('');
  user = $state('');
  port = $state('');
  key = $state('');
  jump = $state('');
  tags = $state('');
  production = $state(false);

  readonly #world: HostWorld;
  /** What the address answered when it was last asked, and which it was. */
  #reached = $state.raw<{ reach: Reach; what: string } | null>(null);
  /** The job that logged in last, and by what. */
  #login = $state.raw<{ job: Job; what: string } | null>(null);

  /** All that a connection depends on. */
  readonly #what = $derived(
    [this.address, this.user, this.port, this.key, this.jump].map((text) => text.trim()).join('\n'),
  );
  readonly #job = $derived.by(() => {
    const login = this.#login?.what === this.#what ? this.#login.job : null;
    return login && (this.#world.jobs.get(login.id) ?? login);
  });
  /** Whether a login is under way. */
  readonly logsIn: boolean = $derived(this.#job !== null && !isOver(this.#job));
  /** What the host answered when it was last tried as it is filled in. */
  readonly answer: Answer | null = $derived.by(() => {
    if (this.#job) return isOver(this.#job) ? ofLogin(this.#job) : null;
    const reach = this.#reached?.what === this.#what ? this.#reached.reach : null;
    return reach && ofReach(reach);
  });
  // What is reached through another host cannot be asked from here; of one that is changed the list knows that.
  readonly #isBehind = $derived.by(
    () =>
      this.jump.trim() !== '' ||
      (this.before !== null && this.#world.reaches.get(this.before.name)?.state === 'unknown'),
  );
  readonly mayBeTried: boolean = $derived(
    this.name.trim() !== '' && this.address.trim() !== '' && !this.attempt.busy && !this.logsIn,
  );
  /** What did not answer is saved by a second press. */
  readonly isWarned: boolean = $derived(this.answer !== null && !this.answer.isGood);

  constructor(world: HostWorld, before: Host | null) {
    this.#world = world;
    this.before = before;
    untrack(() => {
      this.name = before?.name ?? '';
      this.address = before?.hostname ?? '';
      this.user = before?.user ?? '';
      this.port = this.#portBefore;
    });
  }

  /** Logs in as it is filled in. */
  async logIn(): Promise<void> {
    // What is typed while the answer is on its way is another host.
    const what = this.#what;
    this.#number();
    const { hosts, jobs, launch } = this.#world;
    const started = await launch.allowed(() => hosts.logIn(this.#wanted()));
    // Undefined if a command that it needs was not allowed.
    if (!started) return;
    jobs.learn(started);
    this.#login = { job: started[0]!, what };
  }

  /** Saves it; true if it was. What has not been tried is asked first whether it answers. */
  async save(): Promise<boolean> {
    if (!this.#isBehind && this.answer === null && !this.logsIn) {
      const what = this.#what;
      const reach = await this.#world.hosts.probeAddress(this.address.trim(), this.#number());
      this.#reached = { reach, what };
      if (this.isWarned) return false;
    }
    const wanted = this.#wanted();
    const { address, user, port, key, jump } = wanted;
    // Nothing was changed, and nothing is to be saved.
    if (this.before && [address, user, port, key, jump].every((it) => it === null)) return true;
    const tags = this.tags.split(/[\s,]+/).map((tag) => tag.replace(/^@/, ''));
    await (this.before
      ? this.#world.hosts.edit(wanted)
      : this.#world.hosts.add(
          wanted,
          tags.filter((tag) => tag !== ''),
          this.production,
        ));
    return true;
  }

  get #portBefore(): string {
    return this.before && this.before.port !== 22 ? String(this.before.port) : '';
  }

  #number(): number {
    const number = Number(this.port.trim() || '22');
    if (!Number.isInteger(number) || number < 1 || number > 65_535) {
      throw new Error(`“${this.port.trim()}” is no port: a port is a number from 1 to 65535`);
    }
    return number;
  }

  #wanted(): NewHost {
    return {
      name: this.name.trim(),
      address: given(this.address, this.before?.hostname ?? ''),
      user: given(this.user, this.before?.user ?? ''),
      port: given(this.port, this.#portBefore),
      key: given(this.key, ''),
      jump: given(this.jump, ''),
    };
  }
}

/** An emptied field takes its setting away; one that was empty leaves it. */
function given(now: string, was: string): string | null {
  return now.trim() === was ? null : now.trim();
}

function ofReach(reach: Reach): Answer {
  const words = reach.why ?? reach.server ?? '';
  return { word: REACH_WORD[reach.state], isGood: reach.state === 'up', words };
}

function ofLogin(job: Job): Answer {
  if (job.status === 'done')
    return { word: 'Logged in', isGood: true, words: 'a command ran there' };
  return { word: 'Not logged in', isGood: false, words: job.reason ?? 'the job was canceled' };
}
