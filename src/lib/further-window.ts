// Windows beside the first one: each begins with one page, without the sidebar, and has tabs of its own.
import { closeWindow, inDesktop, isFirstWindow, openWindow } from './desktop';

/** What the names of such windows begin with in a browser. */
const NAMED = 'vmo-window-';

/** Whether this window is one of them. */
export function isFurther(): boolean {
  if (typeof window === 'undefined') return false;
  return inDesktop() ? !isFirstWindow() : (window.name ?? '').startsWith(NAMED);
}

/** The name under which this window keeps something of its own. A browser hands its parent's down to it. */
export function ofThisWindow(name: string): string {
  return isFurther() && !inDesktop() ? `${name}@${window.name}` : name;
}

/** Opens a page of ours, by its path, in a window of its own. */
export async function openApart(path: string): Promise<void> {
  if (inDesktop()) return openWindow(path);
  const opened = window.open(path, `${NAMED}${Date.now()}`, 'popup,width=1100,height=760');
  if (opened === null) throw new Error('the browser lets no window open; allow it for this page');
}

/** Closes this window, if it is one of them: nothing is left in it. */
export function closeFurther(): void {
  if (!isFurther()) return;
  if (!inDesktop()) return window.close();
  // A window that stays is no harm.
  closeWindow().catch(() => undefined);
}
