// A job as a terminal: xterm.js, what goes into it and what comes out; and which jobs are shown so.
import { SvelteMap } from 'svelte/reactivity';
import type { Client } from '$lib/client';
import type { Theme } from '$lib/log/color';
import { Feed } from './feed';
import { opensAsTerminal } from './opens';
import type { Screen } from './screen';
import { Typist } from './typist';
import type { Job, JobId } from '$lib/wire';

/** How a job in a terminal is shown. */
export type Shown = 'log' | 'terminal';

/** How long after its start a job of this page counts as one whose questions nobody has answered, in ms. */
const FRESH = 10_000;

/** After output was left out: ends a sequence that was cut off (CAN), and its colours. */
const ANEW = new TextEncoder().encode('\u0018\u001b[0m');
/** The cursor of what is over shows nowhere. */
const NO_CURSOR = '\u001b[?25l';

/** Control characters, but for tabs and newlines. */
const KEYS = new RegExp(String.raw`[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]`, 'g');

/** What a terminal is for: the job, and how it and the page are just now. */
export interface Place {
  job: JobId;
  theme: Theme;
  /** Whether this page started the job a moment ago and shows it for the first time. */
  fresh: boolean;
}

/** One job's terminal, from the opening of its pane to its closing. */
export class TerminalView {
  /** Height and width in characters, once it is drawn. */
  size = $state.raw<{ rows: number; cols: number } | null>(null);
  /** Whether earlier output was left out when it began, and whether it has let go of lines since. */
  #skipped = $state(false);
  #full = $state(false);
  /** Whether earlier output is in the log alone. */
  readonly skipped = $derived(this.#skipped || this.#full);
  /** Whether what was there before has been written: until then it would flicker by. */
  drawn = $state(false);
  /** Why nothing comes, and why something was not typed. */
  #unread = $state<string | null>(null);
  #untyped = $state<string | null>(null);
  #open = $state(false);
  /** One of these, for a person; if nothing can be typed, the foot says so already. */
  readonly problem = $derived(this.#unread ?? (this.#open ? this.#untyped : null));

  readonly #place: Place;
  readonly #feed: Feed;
  readonly #typist: Typist;
  #screen: Screen | null = null;
  #observer: ResizeObserver | null = null;
  #closed = false;
  #live = false;

  constructor(client: Client, place: Place) {
    this.#place = place;
    this.drawn = place.fresh;
    this.#typist = new Typist(client, place.job, (why) => (this.#untyped = why));
    this.#feed = new Feed(
      client,
      place.job,
      {
        write: (bytes, then) => this.#screen?.terminal.write(bytes, then),
        skipped: () => {
          this.#skipped = true;
          this.#screen?.terminal.write(ANEW);
        },
        live: (live) => this.#turnLive(live),
        ended: () => {
          this.drawn = true;
          this.#screen?.terminal.write(NO_CURSOR);
        },
        failed: (why) => (this.#unread = why),
      },
      place.fresh,
    );
  }

  /** Draws it in an element, and begins to read. `leave` gives the keyboard back. */
  async open(element: HTMLElement, leave: () => void): Promise<void> {
    const { makeScreen } = await import('./screen');
    const screen = await makeScreen(this.#place.theme);
    if (this.#closed) return screen.terminal.dispose();
    this.#screen = screen;
    const { terminal } = screen;
    terminal.options.disableStdin = !this.#open;
    terminal.attachCustomKeyEventHandler((event) => this.#key(event, leave));
    terminal.onData((text) => this.#emitted(text));
    terminal.onResize((size) => this.#sized(size));
    terminal.onWriteParsed(() => {
      const most = (terminal.options.scrollback ?? 0) + terminal.rows;
      this.#full ||= terminal.buffer.normal.length >= most;
    });
    terminal.open(element);
    this.#fit();
    this.#sized(terminal);
    this.#observer = new ResizeObserver(() => requestAnimationFrame(() => this.#fit()));
    this.#observer.observe(element);
    this.#feed.open();
  }

  /** Ends it. */
  close(): void {
    this.#closed = true;
    this.#feed.close();
    this.#observer?.disconnect();
    this.#screen?.terminal.dispose();
    this.#screen = null;
  }

  /** Goes on after the connection came back. */
  resume(): void {
    this.#untyped = null;
    this.#feed.resume();
  }

  /** Gives it the keyboard. */
  focus(): void {
    this.#screen?.terminal.focus();
  }

  /** Whether the job runs and can be reached: else nothing that is typed goes anywhere. */
  allow(open: boolean): void {
    this.#open = open;
    if (this.#screen) this.#screen.terminal.options.disableStdin = !open;
  }

  /** Draws it in another theme. */
  async paint(theme: Theme): Promise<void> {
    this.#place.theme = theme;
    const { themeOf } = await import('./screen');
    if (this.#screen) this.#screen.terminal.options.theme = themeOf(this.#place.theme);
  }

  /** Pastes a text, which must not end the brackets it is put in, nor press any keys but tabs and newlines. */
  paste(text: string): void {
    this.#screen?.terminal.paste(text.replace(KEYS, ''));
  }

  /** What is selected. */
  selected(): string {
    return this.#screen?.terminal.getSelection() ?? '';
  }

  /**
   * A terminal emits two kinds of text: what a person types, and its own answers when its input asks what it is, where
   * its cursor is, which modes are on. Full-screen programs need the answers: vim, fish and tmux ask when they start. But a
   * log must never type into a job, and a replay is a log: its questions were asked, and perhaps answered, long ago, and
   * what reads the job's input now may be a shell. So the terminal answers only while the job runs and its input is new:
   * written after this terminal had all earlier output. What a person types is recognised by the event in which it is
   * emitted, for xterm reads its input in tasks of its own, or in that of the socket's message. (Keys of an input method
   * come in a later task; they have to wait for the replay, too.)
   *
   * That is the rule for when a program asks; for what it asks, see `swallow` in `terminal/screen.ts`.
   */
  #emitted(text: string): void {
    if (!this.#open || !(this.#live || byHand())) return;
    this.#typist.type(text);
  }

  #key(event: KeyboardEvent, leave: () => void): boolean {
    if (event.type !== 'keydown') return true;
    // In which nothing can be typed, it keeps no key but those it is scrolled by.
    if (!this.#open) return /^(Page|Arrow|Home|End)/.test(event.key);
    if (!event.ctrlKey || !event.shiftKey) return true;
    if (event.key === 'Escape') leave();
    else if (event.code === 'KeyC') void navigator.clipboard.writeText(this.selected());
    else return true;
    event.preventDefault();
    return false;
  }

  #turnLive(live: boolean): void {
    this.#live = live;
    if (!live || this.drawn) return;
    this.drawn = true;
    if (!this.#skipped || !this.size) return;
    // Of a program that fills the screen only the latest changes have been drawn: given another size, it draws everything again.
    const { rows, cols } = this.size;
    this.#typist.resize(Math.max(1, rows - 1), cols);
    setTimeout(() => this.size && this.#typist.resize(this.size.rows, this.size.cols), 50);
  }

  #fit(): void {
    this.#screen?.fit.fit();
  }

  #sized({ rows, cols }: { rows: number; cols: number }): void {
    this.size = { rows, cols };
    if (this.#open) this.#typist.resize(rows, cols);
  }
}

/** Whether something happens because a person did something just now. */
function byHand(): boolean {
  const { event } = window;
  return event instanceof UIEvent || event instanceof ClipboardEvent;
}

/** How jobs are shown, and the terminals that are open. */
export class Terminals {
  readonly #client: Client;
  readonly #chosen = new SvelteMap<JobId, Shown>();
  readonly #open = new Set<TerminalView>();
  /** Jobs that this page started and has not shown yet, with the time. */
  readonly #started = new Map<JobId, number>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** How a job is shown: as a person chose, else as its command or its output suggests. */
  shown(job: Job, fullScreen: boolean): Shown {
    if (!job.pty) return 'log';
    const fits = fullScreen || (job.target === null && opensAsTerminal(job.command));
    return this.#chosen.get(job.id) ?? (fits ? 'terminal' : 'log');
  }

  /** Shows a job this way from now on, until its tab is closed. */
  choose(job: JobId, shown: Shown): void {
    this.#chosen.set(job, shown);
  }

  /** This page has just started a job; `chosen`: a person wanted a terminal for it, so it opens as one. */
  started(job: JobId, chosen: boolean): void {
    this.#started.set(job, Date.now());
    if (chosen) this.choose(job, 'terminal');
  }

  /** Opens a job's terminal. */
  open(job: JobId, theme: Theme): TerminalView {
    const started = this.#started.get(job);
    this.#started.delete(job);
    const fresh = started !== undefined && Date.now() - started < FRESH;
    const view = new TerminalView(this.#client, { job, theme, fresh });
    this.#open.add(view);
    return view;
  }

  /** Closes one. */
  close(view: TerminalView): void {
    view.close();
    this.#open.delete(view);
  }

  /** The job's tab is closed. */
  drop(job: JobId): void {
    this.#chosen.delete(job);
    this.#started.delete(job);
  }

  /** The connection came back, or the store did. */
  resume(): void {
    for (const view of this.#open) view.resume();
  }
}
