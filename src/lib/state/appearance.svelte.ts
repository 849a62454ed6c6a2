// How a person likes to see the window and its logs; remembered.
import { isFurther } from '../further-window';
import { TEXT_SIZES, USUAL_TEXT } from '../log/text-size';
import { localChoices } from './local-choices';

/** What is beside a line: nothing, the time of day, the time since the job's start or since the line before. */
export type Times = 'off' | 'since' | 'step' | 'clock';

const ORDER: Times[] = ['since', 'step', 'clock', 'off'];

/** A target that was starred. */
export interface Favourite {
  project: string;
  target: string;
}

/** Width of the sidebar in px: at first, at least, at most. */
export const SIDEBAR = { usual: 264, least: 200, most: 360 };

/** Choices for every log and for the frame. */
export class View {
  times = $state<Times>(storedTimes());
  /** Whether long lines wrap. */
  wrap = $state(localChoices.get('wrap') === 'yes');
  /** Size of the text of logs, in px. */
  textSize = $state(storedTextSize());
  /** Width of the sidebar, in px; small windows have their own. */
  sidebar = $state(within(Number(localChoices.get('sidebar')) || SIDEBAR.usual));

  /** Whether the sidebar is out of the way, as in a further window at first. */
  hidesSidebar = $state(isFurther() || localChoices.get('sidebar-hidden') === 'yes');

  /** What the sidebar is narrowed to; empty for all of it. */
  filter = $state('');
  /** The sections of the sidebar that are folded, by title. */
  folded = $state.raw<string[]>(localChoices.list('folded-sections'));

  /** Targets that come before all others, in the order in which they were starred. */
  favourites = $state.raw<Favourite[]>(storedFavourites());

  constructor() {
    // All windows show logs alike.
    localChoices.follow('times', () => (this.times = storedTimes()));
    localChoices.follow('wrap', (word) => (this.wrap = word === 'yes'));
    localChoices.follow('log-text', () => (this.textSize = storedTextSize()));
    localChoices.follow('favourites', () => (this.favourites = storedFavourites()));
  }

  /** Whether a target is among them. */
  isFavourite(project: string, target: string): boolean {
    return this.favourites.some((each) => each.project === project && each.target === target);
  }

  /** Has a target among them, or no longer. */
  favour(project: string, target: string): void {
    const others = this.favourites.filter(
      (each) => each.project !== project || each.target !== target,
    );
    this.favourites =
      others.length < this.favourites.length ? others : [...others, { project, target }];
    const kept = this.favourites.map((each) => `${each.project}\n${each.target}`);
    localChoices.set('favourites', JSON.stringify(kept));
  }

  /** Folds a section of the sidebar, or unfolds it. */
  fold(section: string): void {
    const others = this.folded.filter((each) => each !== section);
    this.folded = others.length < this.folded.length ? others : [...others, section];
    localChoices.set('folded-sections', JSON.stringify(this.folded));
  }

  /** Whether any of these texts holds what the sidebar is narrowed to; upper and lower case are the same. */
  shows(...texts: (string | null)[]): boolean {
    const wanted = this.filter.trim().toLowerCase();
    return texts.some((text) => text?.toLowerCase().includes(wanted));
  }

  /** The next kind of times. */
  nextTimes(): void {
    this.showTimes(ORDER[(ORDER.indexOf(this.times) + 1) % ORDER.length]!);
  }

  /** Shows these times. */
  showTimes(times: Times): void {
    this.times = times;
    localChoices.set('times', times);
  }

  /** Wraps long lines, or does not. */
  toggleWrap(): void {
    this.wrap = !this.wrap;
    localChoices.set('wrap', this.wrap ? 'yes' : 'no');
  }

  /** Shows the text of logs in one of its sizes. */
  showText(size: number): void {
    this.textSize = size;
    localChoices.set('log-text', String(size));
  }

  /** Shows it a size larger, or smaller. */
  stepText(by: 1 | -1): void {
    const size = TEXT_SIZES[TEXT_SIZES.indexOf(this.textSize) + by];
    if (size !== undefined) this.showText(size);
  }

  /** Hides the sidebar, or shows it again. */
  toggleSidebar(): void {
    this.hidesSidebar = !this.hidesSidebar;
    if (!isFurther()) localChoices.set('sidebar-hidden', this.hidesSidebar ? 'yes' : 'no');
  }

  /** Makes the sidebar so wide, within its bounds. */
  widen(px: number): void {
    this.sidebar = within(px);
    localChoices.set('sidebar', String(this.sidebar));
  }
}

function within(px: number): number {
  return Math.min(Math.max(Math.round(px), SIDEBAR.least), SIDEBAR.most);
}

function storedTimes(): Times {
  const word = localChoices.get('times') as Times | null;
  return word !== null && ORDER.includes(word) ? word : 'since';
}

function storedTextSize(): number {
  const size = Number(localChoices.get('log-text'));
  return TEXT_SIZES.includes(size) ? size : USUAL_TEXT;
}

function storedFavourites(): Favourite[] {
  return localChoices.list('favourites').map((kept) => {
    const [project = '', target = ''] = kept.split('\n');
    return { project, target };
  });
}
