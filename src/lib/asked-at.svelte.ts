// Where a menu was asked for last: by the other button of the mouse at the pointer, by the menu key below what has the
// keyboard. What a person does next forgets it, so that a menu of a button opens at that button.

/** A place in the window, in px, and what had the keyboard then. */
export interface AskedAt {
  x: number;
  y: number;
  focused: HTMLElement | null;
}

/** Left of a menu that is opened by key, so that what it belongs to stays in sight. */
const INDENT = 8;

let last = $state.raw<AskedAt | null>(null);
let byKey = false;

/** The place; null if what a person did last did not ask for a menu. */
export function askedAt(): AskedAt | null {
  return last;
}

/** The place of a menu from its opening until it opens again; null if it was opened otherwise. Asked for by its component. */
export function placeOf(open: () => boolean): { readonly at: AskedAt | null } {
  let at = $state.raw<AskedAt | null>(null);
  let wasOpen = false;
  $effect.pre(() => {
    const place = askedAt();
    // Asked for at another place it goes there.
    if (open() && (!wasOpen || place)) at = place;
    wasOpen = open();
  });
  return {
    get at() {
      return at;
    },
  };
}

/** Takes note of where menus are asked for; gives what ends that. */
export function watchAsking(on: Window): () => void {
  const forget = (event: Event) => {
    last = null;
    byKey = event.type === 'keydown';
  };
  const ask = (event: MouseEvent) => {
    const { activeElement } = on.document;
    const focused = activeElement instanceof HTMLElement ? activeElement : null;
    const box = byKey && focused !== on.document.body ? focused?.getBoundingClientRect() : null;
    const place = box
      ? { x: box.left + INDENT, y: Math.min(box.bottom, on.innerHeight) }
      : { x: event.clientX, y: event.clientY };
    last = { ...place, focused };
  };
  on.addEventListener('pointerdown', forget, true);
  on.addEventListener('keydown', forget, true);
  on.addEventListener('contextmenu', ask, true);
  return () => {
    on.removeEventListener('pointerdown', forget, true);
    on.removeEventListener('keydown', forget, true);
    on.removeEventListener('contextmenu', ask, true);
  };
}
