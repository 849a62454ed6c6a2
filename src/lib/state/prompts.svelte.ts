// Questions of jobs that wait for a person, one shown at a time, in the order they were asked.
import type { Client } from '../client';
import type { Answer, Prompt } from '../wire';

/** The questions. */
export class Prompts {
  list = $state.raw<Prompt[]>([]);
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** The one to show. */
  get first(): Prompt | undefined {
    return this.list[0];
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
