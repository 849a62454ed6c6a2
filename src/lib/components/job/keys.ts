// Keys of a job's page, while nobody types.
import { copyLink } from '$lib/components/log/picking';
import { isOver } from '$lib/job';
import type { App } from '$lib/state/app.svelte';
import type { LogView } from '$lib/state/log/view.svelte';
import type { Job } from '$lib/wire';

/** Does what a key stands for; false where it stands for nothing. */
export function press(key: string, app: App, job: Job, view: LogView): boolean {
  switch (key) {
    case 'g':
      view.toTop();
      return true;
    case 'G':
    case 'F':
      view.followEnd();
      return true;
    case '/':
      view.find.summon();
      return true;
    case 'n':
    case 'N':
      void view.find.step(key === 'N');
      return view.find.active;
    case 'e':
    case 'E':
      return view.toError(key === 'E');
    case '[':
    case ']':
      view.toSection(key === '[');
      return true;
    case 'z':
      if (view.section !== null) view.toggleFold(view.section);
      return true;
    case 'w':
      app.view.toggleWrap();
      return true;
    case 'y':
      copyLink(app, view);
      return true;
    case 't':
      app.view.nextTimes();
      return true;
    case 'r':
      if (isOver(job)) void app.launch.again(job);
      return isOver(job);
    case 'Escape':
      if (view.find.open) view.find.close();
      else view.picked.none();
      return true;
    default:
      return false;
  }
}
