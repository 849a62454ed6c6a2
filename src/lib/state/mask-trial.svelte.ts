// A line of a log on which masks are tried, before they are saved.
import { reason } from '../reason';
import type { MaskedPart } from '../wire';

/** Typing rests so long before they are tried, in milliseconds. */
const REST = 250;

/** The line, and what of it is left out. */
export class MaskTrial {
  line = $state('');
  parts = $state.raw<MaskedPart[]>([]);
  /** Why it is not known, for a person. */
  problem = $state<string | null>(null);

  readonly #ask: (rules: string[], line: string) => Promise<MaskedPart[]>;
  #turn = 0;

  constructor(ask: (rules: string[], line: string) => Promise<MaskedPart[]>) {
    this.#ask = ask;
  }

  /** Tries these rules, one a line, on the line as it is; for an effect, which it gives its end. */
  look(rules: string): (() => void) | undefined {
    const turn = (this.#turn += 1);
    const { line } = this;
    if (line === '') {
      [this.parts, this.problem] = [[], null];
      return undefined;
    }
    const wanted = rules.split('\n').filter((rule) => rule.trim() !== '');
    const timer = setTimeout(() => {
      this.#ask(wanted, line)
        .then((parts) => {
          if (turn === this.#turn) [this.parts, this.problem] = [parts, null];
        })
        .catch((error: unknown) => {
          if (turn === this.#turn) [this.parts, this.problem] = [[], reason(error)];
        });
    }, REST);
    return () => clearTimeout(timer);
  }
}
