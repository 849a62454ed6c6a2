// What is done with a project from more than one place of the sidebar.
import type { App } from '$lib/state/app.svelte';

/** Takes an added project off the list; nothing on disk changes. A failure is shown above the canvas. */
export function takeOff(app: App, name: string): void {
  void app.attempt(`remove ${name} from the list`, app.projects.remove(name));
}
