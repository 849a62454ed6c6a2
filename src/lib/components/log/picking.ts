// Picking lines by click and Shift+click, and copying: lines from the data, characters as the browser selected them.
import type { App } from '$lib/state/app.svelte';
import { tilde } from '$lib/format';
import type { LogView } from '$lib/state/log.svelte';
import type { SaveAs } from '$lib/wire';

/** Px a pointer may move and still click. */
const STILL = 3;

/** A press on a row: a click picks the line, with Shift the range; a drag is the browser's own selection. */
export function pick(view: LogView, down: PointerEvent): void {
  const number = lineAt(down.target);
  if (number === null || down.button !== 0) return;
  // Else the browser would select all text between the two clicks.
  if (down.shiftKey) down.preventDefault();
  const up = (event: PointerEvent) => {
    const moved = Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) > STILL;
    const selection = window.getSelection();
    if (moved || (selection && !selection.isCollapsed)) return view.pause();
    view.select(number, down.shiftKey);
  };
  window.addEventListener('pointerup', up, { once: true });
}

/** Ctrl+C: the picked lines, where no characters are selected. */
export function copySelected(app: App, view: LogView, event: ClipboardEvent): void {
  const selection = window.getSelection();
  if (view.selected === null || (selection && !selection.isCollapsed)) return;
  event.preventDefault();
  copy(app, view.selectedText());
}

/** Copies one whole line of which only the start is shown. */
export function copyWhole(app: App, view: LogView, number: number): void {
  copy(app, view.wholeLine(number));
}

/** Opens the editor at the place in a file that a line names. */
export function openPlace(app: App, view: LogView, line: number): void {
  app.client
    .tell({ type: 'edit', with: { job: view.job, line } })
    .catch((error: unknown) => app.notices.failed('open the editor', error));
}

/** Saves the log in the folder for downloads. */
export function save(app: App, view: LogView, form: SaveAs): void {
  app.client.ask({ type: 'save_log', with: { job: view.job, form } }, 'saved').then(
    ({ path }) => view.say(`Saved as ${tilde(path, app.home)}`),
    (error: unknown) => app.notices.failed('save the log', error),
  );
}

/** Copies the address of the job, and of the picked lines in it. */
export function copyLink(app: App, view: LogView): void {
  const picked = view.selected;
  const lines = picked ? `#L${picked.from}${picked.to > picked.from ? `-L${picked.to}` : ''}` : '';
  const link = `${location.origin}/job/${view.job}${lines}`;
  navigator.clipboard.writeText(link).then(
    () => view.say(picked ? 'Link to these lines copied' : 'Link copied'),
    (error: unknown) => app.notices.failed('copy the link', error),
  );
}

function copy(app: App, text: Promise<string>): void {
  text
    .then((copied) => navigator.clipboard.writeText(copied))
    .catch((error: unknown) => app.notices.failed('copy lines', error));
}

function lineAt(target: EventTarget | null): number | null {
  if (!(target instanceof Element) || target.closest('button')) return null;
  const row = target.closest<HTMLElement>('[data-line]');
  return row ? Number(row.dataset.line) : null;
}
