// Words as a person types them in a shell, without anything that a shell would do with them.

/** A line taken apart. */
export interface Words {
  words: string[];
  /** Why it cannot be taken apart, as a sentence. */
  problem: string | null;
}

/** The words of a line: blanks part them; quotes and a backslash keep a blank in one. */
export function split(line: string): Words {
  const words: string[] = [];
  const piece = /\s*((?:[^\s'"\\]|\\[^]|'[^']*'|"(?:[^"\\]|\\[^])*")+)/y;
  let at = 0;
  for (let match = piece.exec(line); match; match = piece.exec(line)) {
    words.push(plain(match[1]!));
    at = piece.lastIndex;
  }
  const whole = line.slice(at).trim() === '';
  return whole ? { words, problem: null } : { words: [], problem: 'A quote is not closed.' };
}

/** A line that {@link split} takes apart into these words again. */
export function join(words: string[]): string {
  return words.map(quoted).join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function plain(word: string): string {
  return word.replace(
    /'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])/g,
    (_, single?: string, double?: string, one?: string) =>
      single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? one ?? '',
  );
}
