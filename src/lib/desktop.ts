// What only the desktop app can do. In a browser these things are hidden, not broken.
import { invoke as call } from '@tauri-apps/api/core';

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

/** Asks for a folder in the system's own dialog; null where it was closed. */
export function pickFolder(): Promise<string | null> {
  return invoke<string | null>('pick_folder');
}

/** Asks for a file in the system's own dialog, which begins in a folder; null where it was closed. */
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
  // The window is shown after a while anyway; there is nobody to tell.
  invoke('ready').catch(() => undefined);
}
