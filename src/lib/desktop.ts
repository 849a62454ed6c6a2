// What only the desktop app can do. In a browser these things are hidden, not broken.
import { invoke as call } from '@tauri-apps/api/core';
import { listen, type EventCallback } from '@tauri-apps/api/event';
import { getCurrentWebview } from '@tauri-apps/api/webview';

/** Whether the page runs in the app's own window. */
export function inDesktop(): boolean {
  return typeof window !== 'undefined' && '__TAURI_INTERNALS__' in window;
}

/** Calls one of the shell's few commands; rejects with a message for a person. */
export async function invoke<T>(command: string, args?: Record<string, unknown>): Promise<T> {
  try {
    return await call<T>(command, args);
  } catch (error) {
    throw error instanceof Error ? error : new Error(String(error));
  }
}

/** Whether this is the app's first window, and no further one. */
export function isFirstWindow(): boolean {
  return getCurrentWebview().label === 'main';
}

/** Listens to what the shell says to this window; what it says to others would be heard as well. */
function hear<T>(event: string, tell: EventCallback<T>): Promise<() => void> {
  return listen<T>(event, tell, { target: getCurrentWebview().label });
}

/** Opens a further window on a page of ours, by its path. */
export function openWindow(page: string): Promise<void> {
  return invoke('open_window', { page });
}

/** Closes this window, as its title bar does. */
export function closeWindow(): Promise<void> {
  return invoke('close_window');
}

/** Closes all windows; it is asked first what becomes of jobs that run. */
export function leave(): Promise<void> {
  return invoke('leave');
}

/** Asks for a folder in the system's own dialog; null if it was closed. */
export function pickFolder(): Promise<string | null> {
  return invoke<string | null>('pick_folder');
}

/** What runs when somebody wants to close the window: jobs here and on hosts, which go on if they are left. */
export interface Running {
  here: number;
  on_hosts: number;
}

/** What is to become of them. */
export type QuitAnswer = 'stay' | 'leave' | 'cancel';

/** Says what is to become of the jobs that run; all but `stay` close the window. */
export function quit(answer: QuitAnswer): Promise<void> {
  return invoke('quit', { answer });
}

/** Calls back when the window is about to close while jobs run; gives what ends that. */
export function onQuitAsked(tell: (running: Running) => void): Promise<() => void> {
  return hear<Running>('quit-asked', ({ payload }) => tell(payload));
}

/** Calls back for jobs that a click outside the window wants shown; gives what ends that. */
export function onOpenJob(tell: (job: string) => void): Promise<() => void> {
  return hear<string>('open-job', ({ payload }) => tell(payload));
}

/** Calls back when a link from outside has come; gives what ends that. */
export function onLinked(tell: () => void): Promise<() => void> {
  return hear('linked', tell);
}

/** The path of the page that a link from outside leads to, once; null if there is none. */
export function takeLink(): Promise<string | null> {
  return invoke<string | null>('linked');
}

/** Draws the page larger or smaller: 1 is its own size. */
export function setZoom(factor: number): Promise<void> {
  return invoke('zoom', { factor });
}

/** Reads a script that was dropped on the window: text of 64 KiB at most. */
export function readScript(path: string): Promise<string> {
  return invoke<string>('read_script', { path });
}

/** Something that is dragged over the window, or dropped on it. */
export type Dragged = { state: 'over' } | { state: 'away' } | { state: 'dropped'; paths: string[] };

/** Calls back for what is dragged over the window from outside; gives what ends that. */
export function onDragged(tell: (dragged: Dragged) => void): Promise<() => void> {
  return getCurrentWebview().onDragDropEvent(({ payload }) => {
    if (payload.type === 'drop') tell({ state: 'dropped', paths: payload.paths });
    else if (payload.type === 'leave') tell({ state: 'away' });
    // A text that is dragged has no paths.
    else if (payload.type === 'enter' && payload.paths.length > 0) tell({ state: 'over' });
  });
}

/** Asks for a file in the system's own dialog, which begins in a folder; null if it was closed. */
export function pickFile(folder: string): Promise<string | null> {
  return invoke<string | null>('pick_file', { folder });
}

/** Opens the user's terminal with a login on a host. */
export function openTerminal(host: string): Promise<void> {
  return invoke('open_terminal', { host });
}

/** Says that the first picture is drawn, so that the window may be shown. */
export function ready(): void {
  if (!inDesktop()) return;
  // The window is shown after a while anyway, so a failure needs no words.
  invoke('ready').catch(() => undefined);
}

/** Whether each picture is drawn by the processor, as the shell says before the page begins. */
export function isDrawnBySoftware(): boolean {
  return document.documentElement.dataset['drawn'] === 'software';
}
