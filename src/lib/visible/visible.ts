// Text that another wrote (a server, a makefile, a row, a file's name), as it may be shown: what is marked, and what is plain
// text all the same, is defined in crates/orchestrator/src/visible.rs. Both are tried with its cases.json.
import { DUAL, JOINED, UNSEEN, VIRAMA } from './table';

/** A part of a text: as it is, or a mark in the place of what could not be seen. */
export interface Part {
  text: string;
  /** What the mark is in the place of; none if the text is shown as it is. */
  of: string | null;
}

/** What is not marked: `row` marks all, `lines` keeps newlines, `log` keeps blanks, by which a log lays its lines out. */
export type Kept = 'row' | 'lines' | 'log';

/** Combining characters that are drawn over one letter. */
const MOST_STACKED = 12;
/** So many blanks side by side are counted. */
const MOST_BLANKS = 64;

const ASCII = /^[ -~]*$/;
const BLANKS = / {64}/;
const unseen = new RegExp(`^[${UNSEEN}]$`, 'u');
const dual = new RegExp(`^[${DUAL}]$`, 'u');
const joined = new RegExp(`^[${JOINED}]$`, 'u');
const virama = new RegExp(`^[${VIRAMA}]$`, 'u');
const unusual = new RegExp(`[${UNSEEN}\\p{Cs}]|\\p{M}{${MOST_STACKED + 1}}`, 'u');
const picture = /^\p{ExtPict}$/u;
/** The flags that are spelled with tags, as they follow a black flag. */
const FLAGS = ['gbeng', 'gbsct', 'gbwls'].map((name) => [
  ...Array.from(name, (letter) => 0xe0000 + letter.codePointAt(0)!),
  0xe007f,
]);

/** Whether there may be something to mark; for almost all texts there is not. */
export function isUnusual(text: string, kept: Kept = 'row'): boolean {
  if (!ASCII.test(text)) return unusual.test(text) || (kept !== 'log' && BLANKS.test(text));
  return kept !== 'log' && text.length >= MOST_BLANKS && BLANKS.test(text);
}

/** The text with its marks. */
export function visible(text: string, kept: Kept = 'row'): string {
  return isUnusual(text, kept)
    ? parts(text, kept)
        .map((part) => part.text)
        .join('')
    : text;
}

/** The text cut where marks begin and end. */
export function parts(text: string, kept: Kept = 'row'): Part[] {
  if (!isUnusual(text, kept)) return text === '' ? [] : [{ text, of: null }];
  return new Cutter(Array.from(text), kept).cut();
}

/** The marks of what deceives: newlines and tabs are no more than a long command has. Each once. */
export function deceptions(text: string): string[] {
  const marks = parts(text).filter(({ of }) => of !== null && !/^[\n\t]$/.test(of));
  return [...new Set(marks.map((part) => part.text))];
}

/** Walks through a text character by character. */
class Cutter {
  readonly #chars: string[];
  readonly #kept: Kept;
  readonly #parts: Part[] = [];
  #at = 0;
  /** What is drawn over the last letter, and what is not for there being too much. */
  #drawn = 0;
  #hidden = '';

  constructor(chars: string[], kept: Kept) {
    this.#chars = chars;
    this.#kept = kept;
  }

  cut(): Part[] {
    while (this.#at < this.#chars.length) this.#step();
    this.#end();
    return this.#parts;
  }

  #step() {
    const [chars, at] = [this.#chars, this.#at];
    const char = chars[at]!;
    const isKept =
      (char === '\n' && this.#kept === 'lines') || (char === ' ' && this.#kept === 'log');
    this.#at += 1;
    if (isKept) {
      this.#end();
      this.#plain(char);
    } else if (isUnseen(char) && !belongs(chars, at)) {
      this.#end();
      this.#mark(char);
    } else if (isMark(char) || isUnseen(char)) {
      this.#stack(char);
    } else {
      this.#end();
      if (char === ' ') this.#blanks();
      else this.#plain(char + this.#tags(char));
    }
  }

  #plain(text: string) {
    const last = this.#parts.at(-1);
    if (last?.of === null) last.text += text;
    else this.#parts.push({ text, of: null });
  }

  #mark(char: string) {
    const code = char.codePointAt(0)!;
    const escape = { '\n': '\\n', '\t': '\\t', '\r': '\\r' }[char];
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
      const text = escape ?? `\\x${code.toString(16).padStart(2, '0')}`;
      this.#parts.push({ text, of: char });
      return;
    }
    const of = this.#run(char);
    const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
    const count = of.length / char.length;
    this.#parts.push({ text: count > 1 ? `⟨${name} ×${count}⟩` : `⟨${name}⟩`, of });
  }

  #blanks() {
    const of = this.#run(' ');
    if (of.length < MOST_BLANKS) this.#plain(of);
    else this.#parts.push({ text: `⟨${of.length} blanks⟩`, of });
  }

  /** The character and those of its kind that follow. */
  #run(char: string): string {
    const from = this.#at;
    while (this.#chars[this.#at] === char) this.#at += 1;
    return char.repeat(this.#at - from + 1);
  }

  #tags(char: string): string {
    if (char !== '\u{1f3f4}') return '';
    const flag = FLAGS.find((tags) =>
      tags.every((tag, i) => this.#chars[this.#at + i]?.codePointAt(0) === tag),
    );
    this.#at += flag?.length ?? 0;
    return flag ? String.fromCodePoint(...flag) : '';
  }

  #stack(char: string) {
    if (this.#drawn === MOST_STACKED) this.#hidden += char;
    else {
      this.#drawn += 1;
      this.#plain(char);
    }
  }

  /** The letter is over. */
  #end() {
    if (this.#hidden !== '') {
      this.#parts.push({ text: `⟨${Array.from(this.#hidden).length} more⟩`, of: this.#hidden });
    }
    this.#drawn = 0;
    this.#hidden = '';
  }
}

function isUnseen(char: string): boolean {
  return !/^[ -~]$/.test(char) && (unseen.test(char) || /^\p{Cs}$/u.test(char));
}

function isMark(char: string): boolean {
  return /^\p{M}$/u.test(char);
}

/** Whether an unseen character changes what is seen where it is. */
function belongs(chars: string[], at: number): boolean {
  const [last, next] = [chars[at - 1] ?? '', chars[at + 1] ?? ''];
  const code = chars[at]!.codePointAt(0)!;
  if (code === 0x200c) return virama.test(last) || (joinsOn(chars, at) && joined.test(next));
  if (code === 0x200d) return joinerBelongs(chars, at);
  if (code === 0xfe0e || code === 0xfe0f) {
    return /^[0-9#*]$/.test(last) ? next === '\u20e3' : /^\p{Emoji}$/u.test(last);
  }
  if ((code >= 0xfe00 && code <= 0xfe02) || (code >= 0xe0100 && code <= 0xe01ef)) {
    return /^\p{Ideographic}$/u.test(last);
  }
  if ((code >= 0x180b && code <= 0x180d) || code === 0x180f) return isMongolian(last);
  if (code === 0x180e) return isMongolian(last) && isMongolian(next);
  return code === 0x3000 && (isWide(last) || isWide(next));
}

function joinerBelongs(chars: string[], at: number): boolean {
  const [last, next] = [chars[at - 1] ?? '', chars[at + 1] ?? ''];
  if (virama.test(last) || (virama.test(next) && /^\p{Lo}$/u.test(last))) return true;
  // The picture before it may have a selector or a colour of skin.
  const before = chars.slice(Math.max(0, at - 3), at).reverse();
  const shown = before.find((char) => !/^(\ufe0f|\p{EMod})$/u.test(char)) ?? '';
  if (picture.test(shown) && picture.test(next)) return true;
  // Two letters that are joined anyhow, or that nothing joins, look the same with it.
  return joinsOn(chars, at) !== joined.test(next) && !(next !== '' && isUnseen(next));
}

function joinsOn(chars: string[], at: number): boolean {
  let i = at - 1;
  while (i >= 0 && isMark(chars[i]!) && !isUnseen(chars[i]!)) i -= 1;
  return i >= 0 && dual.test(chars[i]!);
}

function isMongolian(char: string): boolean {
  return /^[\u1820-\u18aa]$/.test(char);
}

/** Roughly the characters of East Asian scripts, which are as wide as the ideographic blank. */
function isWide(char: string): boolean {
  const wide =
    /^[\u2e80-\u2fff\u3001-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff01-\uff60\u{20000}-\u{3ffff}]$/u;
  return wide.test(char) && !isUnseen(char);
}
