// Every page and state of the window, and how a person gets there. What must hold for all of them goes through this
// list (states.spec.ts), and so do the pictures (states.pictures.ts).
import type { Page } from '@playwright/test';
import type { App } from './app';
import { comparison } from './states/compare';
import { history } from './states/history';
import { hosts, login } from './states/hosts';
import { endings, job, running } from './states/job';
import { launch } from './states/launch';
import { find, reading } from './states/log';
import { help, palette, settings } from './states/overlays';
import { sidebar } from './states/sidebar';
import { demo, start } from './states/start';
import { tabs } from './states/tabs';
import { terminal } from './states/terminal';
import { away, connection } from './states/trouble';
import type { Which, World } from './states/world';

/** Where a state is reached: a page, and what is behind it. */
export interface Stage {
  app: App;
  page: Page;
  world: World;
}

/** Something the window can look like. */
export interface State {
  /** Words with hyphens, different from all others. */
  name: string;
  /** Gets there from the state before it, by clicks and keys. */
  reach(stage: Stage): Promise<void>;
  /** Closes what the next state must not find open. */
  leave?(stage: Stage): Promise<void>;
  /** Whether small windows get pictures too; they are checked for all. */
  small?: true;
  /** Whether it is one of the main places, in which all is tried to be reached by Tab. */
  main?: true;
}

/** States that share what they begin with, in the order in which they are reached. */
export interface Place {
  name: string;
  /** The server the page is opened from. */
  which: Which;
  states: State[];
}

export const PLACES: Place[] = [
  start,
  demo,
  sidebar,
  running,
  endings,
  job,
  reading,
  find,
  terminal,
  launch,
  hosts,
  login,
  history,
  comparison,
  palette,
  settings,
  help,
  tabs,
  away,
  connection,
];
