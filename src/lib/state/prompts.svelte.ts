// Questions of jobs that wait for a person, one shown at a time, in the order they were asked.
import type { Client } from '../client';
import type { Answer, Prompt, Question } from '../wire';

/** What needs an answer. */
export type Asking = Prompt & { question: Exclude<Question, { kind: 'touch' }> };
/** A security key that has to be touched; that is its answer. */
export type Touching = Prompt & { question: Extract<Question, { kind: 'touch' }> };

/** The questions. */
export class Prompts {
  list = $state.raw<Prompt[]>([]);
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Those that need an answer. */
  get questions(): Asking[] {
    return this.list.filter((prompt): prompt is Asking => prompt.question.kind !== 'touch');
  }

  /** The one to show. */
  get first(): Asking | undefined {
    return this.questions[0];
  }

  /** The keys that have to be touched. */
  get touches(): Touching[] {
    return this.list.filter((prompt): prompt is Touching => prompt.question.kind === 'touch');
  }

  /** Takes in all that wait. */
  set(list: Prompt[]): void {
    this.list = list;
  }

  /** A job asks. */
  asked(prompt: Prompt): void {
    this.list = [...this.list.filter((each) => each.id !== prompt.id), prompt];
  }

  /** A question is over, answered here or elsewhere. */
  answered(id: string): void {
    this.list = this.list.filter((each) => each.id !== id);
  }

  /** Answers a question. */
  async answer(prompt: Prompt, answer: Answer): Promise<void> {
    await this.#client.tell({ job: { type: 'answer', with: { prompt: prompt.id, answer } } });
    this.answered(prompt.id);
  }
}
