// Which hosts a line means, as a person types it: `web[01-37],@db`. The server reads it as the command line does.
import { reason } from '$lib/reason';
import type { Choice } from '$lib/wire';

/** How long the line has to rest before it is asked about, in milliseconds. */
const REST = 120;

/** Asks which hosts a line means. */
export type Choose = (line: string) => Promise<{ choice: Choice; folded: string }>;

/** What a text means. */
interface Answer {
  text: string;
  hosts: string[];
  folded: string;
  choice: Choice | null;
}

const NOTHING: Answer = { text: '', hosts: [], folded: '', choice: null };

/** A line that names hosts, and what it means. */
export class HostLine {
  /** As it is typed; empty for this machine. */
  text = $state('');

  /** The last answer, and the text it is about. */
  #answer = $state.raw<Answer>(NOTHING);
  #refusal = $state.raw<{ text: string; why: string } | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #choose: Choose;

  readonly #wanted = $derived(this.text.trim());
  /** The hosts; none for this machine, and as long as it is not known. */
  readonly hosts: string[] = $derived(this.#answer.text === this.#wanted ? this.#answer.hosts : []);
  /** Whether it is known what the text means. */
  readonly known: boolean = $derived(this.#answer.text === this.#wanted);
  /** Their names, folded. */
  readonly folded: string = $derived(this.known ? this.#answer.folded : '');
  /** Why the text means no hosts, for a person. */
  readonly problem: string | null = $derived(
    this.#refusal?.text === this.#wanted ? this.#refusal.why : null,
  );
  /** Whether it says "all", itself or by leaving some out of all. */
  readonly isAll: boolean = $derived(this.known && this.#answer.choice?.is_all === true);
  /** Who started the batches that it names hosts by, if somebody else did. */
  readonly others: string[] = $derived(
    this.known ? (this.#answer.choice?.of_others.map(([, owner]) => owner) ?? []) : [],
  );
  /** The text, if it is more than names. */
  readonly set: string = $derived(names(this.#wanted) === null ? this.#wanted : '');

  /** Why a person is asked once more before it runs there; null if there is no reason. */
  readonly doubt: string | null = $derived.by(() => {
    if (this.isAll) return `“${this.#wanted}” means all ${this.hosts.length} hosts.`;
    const [other] = this.others;
    return other === undefined ? null : `A batch that ${other} started says which hosts.`;
  });
  /** Where that is, in words. */
  readonly where: string = $derived(
    this.hosts.length > 1 ? `${this.hosts.length} hosts` : (this.hosts[0] ?? 'this machine'),
  );

  constructor(choose: Choose, hosts: string[]) {
    this.#choose = choose;
    this.put(hosts);
  }

  /** Puts names there. */
  put(hosts: string[]): void {
    this.text = hosts.join(', ');
    this.#answer = { text: this.text, hosts, folded: hosts.join(', '), choice: null };
    clearTimeout(this.#timer);
  }

  /** Asks once more what the text means: the list of hosts is another one. Plain names mean themselves. */
  refresh(): void {
    if (this.set !== '' && this.known) void this.#ask(this.#wanted);
  }

  /** Takes a name in, or out if it is there. */
  toggle(host: string): void {
    const parts = this.text.split(',').map((part) => part.trim());
    const others = parts.filter((part) => part !== host && part !== '');
    const isThere = others.length < parts.filter((part) => part !== '').length;
    this.type((isThere ? others : [...others, host]).join(', '));
  }

  /** Takes what was typed; what it means is known a moment later. */
  type(text: string): void {
    this.text = text;
    clearTimeout(this.#timer);
    const wanted = text.trim();
    const plain = names(wanted);
    if (plain?.length === 0) this.put([]);
    else this.#timer = setTimeout(() => void this.#ask(wanted), REST);
  }

  async #ask(text: string): Promise<void> {
    try {
      const { choice, folded } = await this.#choose(text.replace(/,+\s*$/, ''));
      // An answer may overtake another, and what is typed by now is what counts.
      if (text !== this.#wanted) return;
      this.#answer = { text, hosts: choice.hosts, folded, choice };
      this.#refusal = null;
    } catch (error) {
      this.#refusal = { text, why: reason(error) };
      // It meant hosts a moment ago.
      if (this.#answer.text === text) this.#answer = NOTHING;
    }
  }
}

/** The names of a line that has nothing else; null if it has. */
function names(text: string): string[] | null {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return parts.every((part) => /^[\w][\w.-]*$/.test(part)) ? parts : null;
}
