// What a batch's page shows beside the batch itself: what the hosts answered, and how one answer differs from the others.
import type { Client } from '../../client';
import { reason } from '../../reason';
import type {
  Batch,
  BatchAnswer,
  BatchAnswers,
  BatchDifference,
  BatchGroup,
  BatchLastTime,
  BatchMerged,
  BatchThen,
} from '../../wire';

/** As what the answers are shown. */
export type Shape = 'groups' | 'table' | 'merged';

/** Between two requests for answers, in milliseconds: lines come faster than anybody reads. */
const AGAIN = 1000;

const NONE: BatchAnswers = { answers: [], groups: [], has_reference: false };

/** A batch's page. */
export class BatchView {
  /** Null until a person chose: then it is what suits the answers. */
  chosen = $state<Shape | null>(null);
  /** Whether times, pids and each host's own name make no difference. */
  masked = $state(true);
  /** What the hosts are narrowed to, by their names. */
  filter = $state('');
  /** The host whose group is open, by its place; null for the first that differs. */
  selected = $state<number | null>(null);
  answers = $state.raw<BatchAnswers>(NONE);
  /** The last lines of all hosts by time; asked for while they are shown. */
  merged = $state.raw<BatchMerged | null>(null);
  /** Whether answers have come. */
  known = $state(false);
  /** Why the answers may be old, for a person. */
  problem = $state<string | null>(null);
  difference = $state.raw<BatchDifference | null>(null);
  /** Why the difference cannot be shown, for a person. */
  differenceProblem = $state<string | null>(null);

  /** What the hosts answered the last time the same command ran there; null if it did not, or that is not known. */
  lastTime = $state.raw<BatchLastTime | null>(null);
  /** Whether the table shows only what has changed since. */
  onlyChanged = $state(false);

  /** What each host answered the last time, by its place. */
  readonly thenByHost: Map<number, BatchThen> = $derived(
    new Map(this.lastTime?.hosts.map((then) => [then.host, then])),
  );
  /** How many hosts have changed since. */
  readonly changed: number = $derived(
    this.lastTime?.hosts.filter(({ has_changed }) => has_changed).length ?? 0,
  );

  /** Each host's answer, by its place. */
  readonly byHost: Map<number, BatchAnswer> = $derived(
    new Map(this.answers.answers.map((answer) => [answer.host, answer])),
  );
  /** Whether every answer is one line, which reads best as a table. */
  readonly isOneLine: boolean = $derived(
    this.answers.answers.length > 0 && this.answers.answers.every(({ lines }) => lines <= 1),
  );
  readonly shape: Shape = $derived(this.chosen ?? (this.isOneLine ? 'table' : 'groups'));
  /** The group that is open: the one that was chosen, else the first that differs, else the first. */
  readonly group: BatchGroup | null = $derived.by(() => {
    const { groups, has_reference } = this.answers;
    const { selected } = this;
    const chosen =
      selected === null ? undefined : groups.find(({ hosts }) => hosts.includes(selected));
    return chosen ?? (has_reference ? groups[1] : undefined) ?? groups[0] ?? null;
  });

  readonly #id: string;
  readonly #client: Client;
  readonly #load: () => Promise<Batch>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isLoading = false;
  /** Whether it has changed while it was asked for. */
  #isStale = false;

  constructor(id: string, client: Client, load: () => Promise<Batch>) {
    this.#id = id;
    this.#client = client;
    this.#load = load;
  }

  /** Asks for the batch and its answers again, unless that was done just now. */
  refreshSoon(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.refresh();
    }, AGAIN / 4);
  }

  /** Asks for the batch and its answers. */
  async refresh(): Promise<void> {
    if (this.#isLoading) {
      this.#isStale = true;
      return;
    }
    this.#isLoading = true;
    this.#isStale = false;
    try {
      await this.#load();
      const masked = this.masked;
      const request = { batch: { type: 'answers', with: { batch: this.#id, masked } } } as const;
      const answers = await this.#client.ask(request, 'answers');
      if (masked !== this.masked) this.#isStale = true;
      else this.answers = answers;
      if (this.shape === 'merged') await this.#loadMerged();
      this.known = true;
      this.problem = null;
    } catch (error) {
      this.problem = reason(error);
    } finally {
      this.#isLoading = false;
      if (this.#isStale) this.refreshSoon();
    }
  }

  /** Shows the answers as something else. */
  show(shape: Shape): void {
    this.chosen = shape;
    if (shape === 'merged') void this.refresh();
  }

  async #loadMerged(): Promise<void> {
    const request = { batch: { type: 'merged', with: { batch: this.#id } } } as const;
    this.merged = await this.#client.ask(request, 'merged');
  }

  /** Keeps the last lines of running hosts current, as long as the page asking for it is there. */
  watch(): () => void {
    const timer = setInterval(() => void this.refresh(), AGAIN);
    return () => clearInterval(timer);
  }

  /** Asks what the hosts answered the last time; without an answer nothing is compared. */
  async loadLastTime(): Promise<void> {
    const { masked } = this;
    const request = { type: 'last_time', with: { batch: this.#id, masked } } as const;
    try {
      const { last_time } = await this.#client.ask({ batch: request }, 'last_time');
      if (masked === this.masked) this.lastTime = last_time;
    } catch {
      this.lastTime = null;
    }
  }

  /** Masks what differs from run to run, or does not. */
  toggleMask(): void {
    this.masked = !this.masked;
    this.difference = null;
    void this.refresh();
    if (this.lastTime) void this.loadLastTime();
  }

  /** Asks how a host's answer differs from that of most others. */
  async compare(host: string): Promise<void> {
    const { masked } = this;
    try {
      const request = { type: 'difference', with: { batch: this.#id, host, masked } } as const;
      const difference = await this.#client.ask({ batch: request }, 'difference');
      if (masked !== this.masked) return;
      this.difference = difference;
      this.differenceProblem = null;
    } catch (error) {
      this.differenceProblem = reason(error);
    }
  }
}
