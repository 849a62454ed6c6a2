// Questions of jobs that wait for a person, in the order they were asked. One is shown at a time, but unknown host keys of one
// run are shown in one list.
import type { Client } from '../client';
import type { Answer, Prompt, Question } from '../wire';

/** What needs an answer. */
export type Asking = Prompt & { question: Exclude<Question, { kind: 'touch' }> };
/** A host key that is not known. */
export type AskingKey = Prompt & { question: Extract<Question, { kind: 'host_key' }> };
/** A security key that has to be touched; that is its answer. */
export type Touching = Prompt & { question: Extract<Question, { kind: 'touch' }> };

/** Once a host of a run shows an unknown key, how long the others have to show theirs, in milliseconds, and how often. */
const GATHER = 300;
const ROUNDS = 10;

/** The questions. */
export class Prompts {
  list = $state.raw<Prompt[]>([]);
  /** Those that are shown: one question, or the unknown keys of one run. None is added while a person reads. */
  shown = $state.raw<Asking[]>([]);
  readonly #client: Client;
  /** The run of a job; null if it is alone. */
  readonly #runOf: (job: string) => string | null;
  #gathering = false;

  constructor(client: Client, runOf: (job: string) => string | null) {
    this.#client = client;
    this.#runOf = runOf;
  }

  /** Those that need an answer. */
  get questions(): Asking[] {
    return this.list.filter((prompt): prompt is Asking => prompt.question.kind !== 'touch');
  }

  /** How many questions come after those that are shown. */
  get later(): number {
    return this.questions.length - this.shown.length;
  }

  /** The keys that have to be touched. */
  get touches(): Touching[] {
    return this.list.filter((prompt): prompt is Touching => prompt.question.kind === 'touch');
  }

  /** Takes in all that wait. */
  set(list: Prompt[]): void {
    this.list = list;
    this.#next();
  }

  /** A job asks. */
  add(prompt: Prompt): void {
    this.set([...this.list.filter((each) => each.id !== prompt.id), prompt]);
  }

  /** A question is over, answered here or elsewhere. */
  remove(id: string): void {
    this.set(this.list.filter((each) => each.id !== id));
  }

  /** Answers a question. */
  async answer(prompt: Prompt, answer: Answer): Promise<void> {
    await this.#client.tell({ job: { type: 'answer', with: { prompt: prompt.id, answer } } });
    this.remove(prompt.id);
  }

  /** Shows the next question once those that are shown are over. */
  #next(): void {
    const waits = new Set(this.list.map(({ id }) => id));
    if (this.shown.some(({ id }) => !waits.has(id)))
      this.shown = this.shown.filter(({ id }) => waits.has(id));
    const [first] = this.questions;
    if (this.shown.length > 0 || this.#gathering || !first) return;
    const run = isKey(first) ? this.#runOf(first.job) : null;
    if (run === null) this.shown = [first];
    else void this.#gather(run);
  }

  /** Shows the unknown keys of a run once no more have come for a moment. */
  async #gather(run: string): Promise<void> {
    this.#gathering = true;
    let keys: AskingKey[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const before = keys.length;
      keys = this.questions.filter(isKey).filter(({ job }) => this.#runOf(job) === run);
      if (round > 0 && keys.length <= before) break;
      await new Promise((passed) => setTimeout(passed, GATHER));
    }
    this.#gathering = false;
    this.shown = keys;
    this.#next();
  }
}

/** Whether a question is about an unknown host key. */
export function isKey(prompt: Asking): prompt is AskingKey {
  return prompt.question.kind === 'host_key';
}
