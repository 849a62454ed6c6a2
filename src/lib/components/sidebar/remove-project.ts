// What is done with a project from more than one place of the sidebar.
import type { App } from '$lib/state/app.svelte';

/** Takes an added project off the list; nothing on disk changes. A failure is shown above the canvas. */
export function takeOff(app: App, name: string): void {
  const path = app.projects.get(name)?.path;
  const removing = app.projects.remove(name).then(() => {
    if (path === undefined) return;
    const back = () => void app.attempt(`bring ${name} back`, app.projects.add(path));
    app.undo.offer(`Removed ${name} from the list`, back);
  });
  void app.attempt(`remove ${name} from the list`, removing);
}

/** Has the trust in a project asked for again before any of its targets runs. */
export function distrust(app: App, name: string): void {
  const taking = app.projects.distrust(name).then(() => {
    const back = () => void app.attempt(`trust ${name} again`, app.projects.trust(name));
    app.undo.offer(`${name} is asked about before it runs`, back);
  });
  void app.attempt(`take back the trust in ${name}`, taking);
}
