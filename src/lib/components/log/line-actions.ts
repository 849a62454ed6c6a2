// What is done with lines: picked, copied, linked, saved, opened. Text comes from the data, never from the page.
import { lineAt, mark } from './pointer';
import type { App } from '$lib/state/app.svelte';
import { copyText } from '$lib/clipboard';
import { tilde } from '$lib/format';
import type { LogView } from '$lib/state/log/view.svelte';
import { inDesktop } from '$lib/desktop';
import { copiedText } from '$lib/log/text';
import { SHOWN } from '$lib/state/log/lines';
import type { Line, SaveAs } from '$lib/wire';

/** A press on a row: a click picks the line, with Shift the range; a drag over text marks characters. */
export function pick(view: LogView, down: PointerEvent): void {
  const number = lineAt(down.target);
  if (number === null || down.button !== 0) return;
  const click = () => view.pick(number, down.shiftKey);
  if (down.shiftKey) return click();
  mark(view, down, click);
}

/** Ctrl+C: the marked characters, else the picked lines. */
export function copySelected(app: App, view: LogView, event: ClipboardEvent): void {
  if (!view.selection.lines && !view.selection.chars) return;
  event.preventDefault();
  copy(app, view.selection.text());
}

/** Shows the whole of a line of which only the start is shown; copies one that is too long for that. */
export function showWhole(app: App, view: LogView, { number, bytes }: Line): void {
  if (bytes > SHOWN)
    copy(
      app,
      view.source.lines.whole(number).then((line) => copiedText(line)),
    );
  else void app.attempt('show the line', view.source.lines.show(number));
}

/** Copies what is picked, or marked, with the time of each line. */
export function copyWithTimes(app: App, view: LogView): void {
  copy(app, view.selection.text(true));
}

/** Opens the editor at the place in a file that a line names, or an address behind its words: one that needs a terminal in a tab of ours. */
export async function openPlace(
  app: App,
  view: LogView,
  line: number,
  href?: string,
): Promise<void> {
  view.say('Opening the editor…');
  const command = await app.attempt('open the editor', app.logs.edit(view.job, line, href));
  if (command === undefined) view.report = null;
  else if (command !== null) app.launch.terminal(command, app.jobs.get(view.job)?.cwd ?? null);
}

/** Opens an address, once the person has seen where it leads: in the desktop's browser, or in another tab of this one. */
export function openAddress(app: App, view: LogView, line: number, url: string): void {
  const open = () => {
    if (!inDesktop()) {
      window.open(url, '_blank', 'noopener,noreferrer');
      return;
    }
    view.say('Opening the browser…');
    void app.attempt(`open ${url}`, app.logs.browse(view.job, line, url));
  };
  app.overlay = { address: url, open };
}

/** Saves the log in the folder for downloads. */
export async function save(app: App, view: LogView, form: SaveAs): Promise<void> {
  const path = await app.attempt('save the log', app.logs.save(view.job, form));
  if (path !== undefined) view.say(`Saved as ${tilde(path, app.home)}`, path);
}

/** Copies the address of the job, and of the picked lines in it. */
export function copyLink(app: App, view: LogView): void {
  const range = view.selection.lines;
  const lines = range ? `#L${range.from}${range.to > range.from ? `-L${range.to}` : ''}` : '';
  const link = `${location.origin}/job/${view.job}${lines}`;
  const copying = navigator.clipboard
    .writeText(link)
    .then(() => view.say(range ? 'Link to these lines copied' : 'Link copied'));
  void app.attempt('copy the link', copying);
}

/** Copies a text when it comes. */
export function copy(app: App, text: Promise<string>): void {
  void app.attempt('copy lines', copyText(text));
}
