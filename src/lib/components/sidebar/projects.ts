// What is done with a project from more than one place of the sidebar.
import type { App } from '$lib/state/app.svelte';

/** Takes an added project off the list; nothing on disk changes. A failure is shown above the canvas. */
export function takeOff(app: App, name: string): void {
  app.projects
    .remove(name)
    .catch((error: unknown) => app.notices.failed(`take ${name} off the list`, error));
}
