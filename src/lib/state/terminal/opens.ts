// Whether a command fills the screen of its terminal, as far as its name shows. What is not known by name shows itself
// when it takes the screen.

/** They fill the screen with any arguments. */
const SCREENS = new Set(
  'btop emacs fzf gdb htop k9s lazygit less man mc micro more most mutt nano ncdu nvim ranger screen tig tmux top vi view vim vimdiff watch'.split(
    ' ',
  ),
);
/** They talk with a person if they are given nothing to do. */
const TALKERS = new Set(
  'ash bash dash fish ghci irb iex ksh lua mysql node psql python python3 sh sqlite3 zsh'.split(
    ' ',
  ),
);
/** Of those, the ones to which a word is a place to go and no program to run. */
const VISITORS = new Set('mysql psql sqlite3'.split(' '));
/** Words that are followed by the command itself. */
const BEFORE = new Set('command doas env exec nice nohup sudo time'.split(' '));

/** Whether it opens as a terminal. */
export function opensAsTerminal(command: string): boolean {
  const line = command.trim();
  // More than one command: the first one says nothing of the rest.
  if (/[;&|<>\n`]|\$\(/.test(line)) return false;
  const words = line.split(/\s+/);
  while (words.length > 0 && (BEFORE.has(words[0]!) || /^\w+=/.test(words[0]!))) words.shift();
  const [first = '', ...rest] = words;
  // The person's own shell, of any name.
  const name = /^"?\$(SHELL|\{SHELL\b.*\})"?$/.test(first) ? 'sh' : first.replace(/^.*\//, '');
  if (SCREENS.has(name)) return true;
  if (name === 'ssh' || name === 'mosh')
    return rest.filter((word) => !word.startsWith('-')).length === 1;
  if (!TALKERS.has(name)) return false;
  const hasCommand = rest.some(
    (word) => /^-[a-z]*[cef]$/.test(word) || /^--(command|eval|execute|file)\b/.test(word),
  );
  const named = !VISITORS.has(name) && rest.some((word) => !word.startsWith('-'));
  return !hasCommand && !named;
}
