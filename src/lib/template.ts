// Commands with places to fill in: `docker logs -f {{container}}`. A value is one word of the command, whatever is in it.

const PLACE = /(['"]?)\{\{([A-Za-z_]\w*)\}\}\1/g;

/** The names of the places of a command, each once, in their order. */
export function places(command: string): string[] {
  return [...new Set([...command.matchAll(PLACE)].map(([, , name]) => name!))];
}

/** The command with its places filled; quotes around a place are ours to set. A place without a value stays as it is. */
export function filled(command: string, values: Map<string, string>): string {
  return command.replace(PLACE, (place, _quote, name: string) => {
    const value = values.get(name) ?? '';
    return value === '' ? place : word(value);
  });
}

/**
 * A text as one word, which every login shell reads alike: between quotes a backslash escapes one character to all of them,
 * and in quotes neither `'`, `\` nor `!` means the same to all.
 */
export function word(text: string): string {
  if (/^[\w./:,+@-]+$/.test(text)) return text;
  const runs = text.match(/['\\!]|[^'\\!]+/g) ?? [];
  return runs.map((run) => (/['\\!]/.test(run) ? `\\${run}` : `'${run}'`)).join('');
}
