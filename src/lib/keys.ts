// Keys as they are written on this system, and whether a key press is meant for a field.

const MAC = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform);

/** How keys are written whose names are none. */
const NAMES: Record<string, string> = {
  ' ': 'Space',
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
};

/** `Ctrl K`, or `⌘ K` on a Mac. */
export function mod(key: string): string {
  return `${MAC ? '⌘' : 'Ctrl'} ${key}`;
}

/** A key of the keymap as it is written here: `Ctrl Shift H` for `Mod+Shift+H`. */
export function keyWords(key: string): string {
  const [, held = '', name = key] = /^((?:Mod\+|Shift\+)*)(.+)$/.exec(key) ?? [];
  const before = held.replace('Mod+', MAC ? '⌘ ' : 'Ctrl ').replace('Shift+', 'Shift ');
  return `${before}${NAMES[name] ?? name}`;
}

/** Whether the key for commands is held: Ctrl, or ⌘ on a Mac. */
export function modHeld(event: KeyboardEvent): boolean {
  return MAC ? event.metaKey : event.ctrlKey;
}

/** Whether a person is typing: then letters are letters and no shortcuts. */
export function typing(event: KeyboardEvent): boolean {
  return isField(event.target);
}

/** Whether it is something that is typed into; only there a menu of the system opens. */
export function isField(at: EventTarget | null): boolean {
  return (
    at instanceof HTMLElement && at.closest('input, textarea, select, [contenteditable]') !== null
  );
}

/** Whether a dialog is open: it has the keyboard. */
export function dialogOpen(): boolean {
  return document.querySelector('[role="dialog"], [role="menu"], [role="listbox"]') !== null;
}
