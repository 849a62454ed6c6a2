// Commands with places to fill in: `docker logs -f {{container}}`. A value is one word of the command, whatever is in it.

const PLACE = /(['"]?)\{\{(?!(?:end|else|break|continue)\}\})([A-Za-z_]\w*)\}\}\1/g;

/** What hands a text on to another shell, which reads it once more: in quotes behind `-c`, or whatever is behind it. */
const BY_SHELL =
  /(?:^|[\s;&|(/])(?:(?:ba|da|a|z|k|c|tc|fi)?sh|su)\s(?:[^;&|\n]*\s)?-[a-zA-Z]*c\s*$/;
const HANDS_ON = /(?:^|[\s;&|(/])(?:eval|ssh|su|watch|parallel|trap|xargs\s+-I\S*)\s[^;&|\n]*$/;
/** A word that every shell reads as it is, however often. */
const PLAIN = /^[\w./:,+@-]+$/;

/** What a shell makes of the text so far: in which quotes and brackets it is. */
interface Within {
  /** The innermost last; `bare` is outside of quotes, of the whole or of what is in `$( )`. */
  in: ('bare' | 'single' | 'double')[];
  /** Whether that cannot be known, as in a comment, a here-document or backticks. */
  unknown: boolean;
  /** The text so far, and what of it was before the outermost quotes began. */
  text: string;
  before: string;
}

/** The names of the places of a command, each once, in their order. */
export function places(command: string): string[] {
  return [...new Set([...command.matchAll(PLACE)].map(([, , name]) => name!))];
}

/** Whether what is put there is read by another shell, too. */
function isReadTwice(within: Within): boolean {
  if (within.in.at(-1) === 'bare') return HANDS_ON.test(within.text);
  return BY_SHELL.test(within.before) || HANDS_ON.test(within.before);
}

/** The places whose values cannot be put where they are: another shell would read them, or it is not known which. */
export function unfit(command: string, values: Map<string, string>): string[] {
  const open = new Set(places(filled(command, values)));
  return places(command).filter((name) => open.has(name) && (values.get(name) ?? '') !== '');
}

/**
 * The command with its places filled; quotes around a place are ours to set, and those that it is within are closed before
 * and opened again behind. A place stays as it is without a value, and where a value could be more than one word.
 */
export function filled(command: string, values: Map<string, string>): string {
  const within: Within = { in: ['bare'], unknown: false, text: '', before: '' };
  let out = '';
  let at = 0;
  const goOn = (to: number) => {
    const text = command.slice(at, to);
    read(within, text);
    out += text;
    at = to;
  };
  for (const match of command.matchAll(PLACE)) {
    const [place, quote, name] = match;
    goOn(match.index);
    const isOurs = within.in.at(-1) === 'bare';
    // A quote there ends what began before.
    if (!isOurs) goOn(match.index + quote!.length);
    const end = match.index + place.length - (isOurs ? 0 : quote!.length);
    const value = values.get(name!) ?? '';
    const isRisky =
      within.unknown || /[\\$]$/.test(out) || (isReadTwice(within) && !PLAIN.test(value));
    if (value === '' || isRisky) {
      goOn(end);
      continue;
    }
    const around = { bare: '', single: "'", double: '"' }[within.in.at(-1)!];
    out += around + word(value) + around;
    within.text += word(value);
    at = end;
  }
  goOn(command.length);
  return out;
}

/** Takes in more of a command. */
function read(within: Within, text: string) {
  const { in: stack } = within;
  for (let i = 0; i < text.length; i++) {
    const [c, two, before] = [text[i]!, text.slice(i, i + 2), text[i - 1] ?? ' '];
    const innermost = stack.at(-1);
    if (stack.every((each) => each === 'bare')) within.before = within.text;
    within.text += c;
    if (innermost === 'single') {
      if (c === "'") stack.pop();
    } else if (c === '\\') {
      within.text += text[++i] ?? '';
    } else if (c === '"') {
      if (innermost === 'double') stack.pop();
      else stack.push('double');
    } else if (two === '$(') {
      stack.push('bare');
      within.text += text[++i] ?? '';
    } else if (c === '`') {
      within.unknown = true;
    } else if (innermost === 'bare') {
      if (c === "'") stack.push('single');
      if (c === '(') stack.push('bare');
      if (c === ')' && stack.length > 1) stack.pop();
      // A comment, a here-document, quotes in which a backslash counts.
      if ((c === '#' && /[\s;|&(]/.test(before)) || two === '<<' || two === "$'")
        within.unknown = true;
    }
  }
}

/**
 * A text as one word, which every login shell reads alike: between quotes a backslash escapes one character to all of them,
 * and in quotes neither `'`, `\` nor `!` means the same to all.
 */
export function word(text: string): string {
  if (PLAIN.test(text)) return text;
  const runs = text.match(/['\\!]|[^'\\!]+/g) ?? [];
  return runs.map((run) => (/['\\!]/.test(run) ? `\\${run}` : `'${run}'`)).join('');
}
