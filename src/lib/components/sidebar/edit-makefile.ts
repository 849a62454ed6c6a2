// The makefile in a person's editor, from the menus of the sidebar.
import type { App } from '$lib/state/app.svelte';
import type { Project } from '$lib/wire';

/** Opens the editor at a project's makefile, or where that has a target: one that needs a terminal in a tab of ours. */
export async function editMakefile(app: App, project: Project, target?: string): Promise<void> {
  const opening = app.projects.edit(project.name, target ?? null);
  const command = await app.attempt('open the editor', opening);
  if (command != null) app.launch.terminal(command, project.path);
}
