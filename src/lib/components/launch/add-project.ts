// Adding a project: the system's own folder dialog in the app, a field for the path in a browser; or a folder that is
// dropped on the window.
import { tick } from 'svelte';
import { inDesktop, pickFolder } from '$lib/desktop';
import type { App } from '$lib/state/app.svelte';

/** Asks for a folder and adds it; a failure is shown above the canvas. */
export function addProject(app: App): void {
  if (!inDesktop()) {
    app.projects.dropped = null;
    app.overlay = 'add-project';
    return;
  }
  const adding = pickFolder().then(async (path) => {
    if (path !== null) standAt((await app.projects.add(path)).name);
  });
  void app.attempt('add the folder', adding);
}

/** Shows where a project has come: its row in the sidebar has the focus, and is scrolled to. */
export function standAt(project: string): void {
  void tick().then(() => {
    document.querySelector<HTMLElement>(`[data-project="${CSS.escape(project)}"]`)?.focus();
  });
}

/** Adds what was dropped, one after the other; a makefile means its folder. */
export async function addDropped(
  app: Pick<App, 'projects' | 'notices'>,
  paths: string[],
): Promise<void> {
  for (const path of paths) {
    const folder = path.replace(/\/(GNUmakefile|makefile|Makefile)$/, '');
    await app.notices.attempt(`add ${folder}`, app.projects.add(folder));
  }
}

/** Asks for the path of a folder that was dropped on a browser's window, which does not give it. */
export function askDropped(app: Pick<App, 'projects' | 'overlay'>, name: string): void {
  app.projects.dropped = name;
  app.overlay = 'add-project';
}
