// Adding a project: the system's own folder dialog in the app, a field for the path in a browser.
import { inDesktop, pickFolder } from '$lib/desktop';
import type { App } from '$lib/state/app.svelte';

/** Asks for a folder and adds it; a failure is shown above the canvas. */
export function addProject(app: App): void {
  if (!inDesktop()) {
    app.overlay = 'add-project';
    return;
  }
  pickFolder()
    .then((path) => (path === null ? undefined : app.projects.add(path)))
    .catch((error: unknown) => app.notices.failed('add the folder', error));
}
