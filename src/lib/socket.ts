// Where the socket is and what opens it: Tauri says so, or the code in the address that `vmo serve` printed.
import { inDesktop, invoke } from './desktop';

/** What a connection needs. */
export interface Door {
  /** `ws://127.0.0.1:PORT/ws`. */
  url: string;
  /** The secret of this launch; it goes into the handshake and nowhere else. */
  token: string;
}

/** Why there is no way in, in words for a person; trying again by itself will not help. */
export class NoDoor extends Error {}

const KEY = 'vmo.token';
const ASK =
  'Open the address that `vmo serve` prints. Its code works once; press Enter in that terminal for a fresh one.';

/** Finds the door; called again before every attempt to connect. */
export async function door(): Promise<Door> {
  if (inDesktop()) return invoke<Door>('socket');
  const code = takeCode();
  if (code !== null) sessionStorage.setItem(KEY, await exchange(code));
  const token = sessionStorage.getItem(KEY);
  if (token === null) throw new NoDoor(ASK);
  return { url: `ws://${location.host}/ws`, token };
}

/**
 * Whether the server is there but no longer knows us: it was restarted, with another token.
 * A page does not learn why a handshake was refused, so it asks by a plain request.
 */
export async function shutOut(): Promise<boolean> {
  if (inDesktop()) return false;
  try {
    const answer = await fetch('/session', { method: 'POST', body: '' });
    return answer.status === 401;
  } catch {
    return false;
  }
}

/** Forgets a token that no longer opens anything. */
export function forget(): NoDoor {
  sessionStorage.removeItem(KEY);
  return new NoDoor(`This page belongs to an earlier launch. ${ASK}`);
}

/** Takes the code out of the address, so that it is in no history and no screenshot. */
function takeCode(): string | null {
  const code = new URLSearchParams(location.hash.slice(1)).get('code');
  if (code !== null) history.replaceState(history.state, '', location.pathname + location.search);
  return code;
}

async function exchange(code: string): Promise<string> {
  const answer = await fetch('/session', { method: 'POST', body: code });
  if (!answer.ok) {
    const why = (await answer.text()).trim();
    throw new NoDoor(`${why || 'This link has been used or is too old.'} ${ASK}`);
  }
  const { token } = (await answer.json()) as { token: string };
  return token;
}
