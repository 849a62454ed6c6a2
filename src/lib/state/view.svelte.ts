// How a person likes to see the window and its logs; remembered.
import { remembered } from './remembered';

/** What stands beside a line: nothing, the time of day, or the time since the job's start. */
export type Times = 'off' | 'since' | 'clock';

const ORDER: Times[] = ['since', 'clock', 'off'];

/** Width of the sidebar in px: at first, at least, at most. */
export const SIDEBAR = { usual: 264, least: 200, most: 360 };

/** Choices for every log and for the frame. */
export class View {
  times = $state<Times>(kept());
  /** Width of the sidebar, in px; small windows have their own. */
  sidebar = $state(within(Number(remembered.get('sidebar')) || SIDEBAR.usual));

  /** The next kind of times. */
  nextTimes(): void {
    this.times = ORDER[(ORDER.indexOf(this.times) + 1) % ORDER.length]!;
    remembered.set('times', this.times);
  }

  /** Makes the sidebar so wide, within its bounds. */
  widen(px: number): void {
    this.sidebar = within(px);
    remembered.set('sidebar', String(this.sidebar));
  }
}

function within(px: number): number {
  return Math.min(Math.max(Math.round(px), SIDEBAR.least), SIDEBAR.most);
}

function kept(): Times {
  const word = remembered.get('times') as Times | null;
  return word !== null && ORDER.includes(word) ? word : 'since';
}
