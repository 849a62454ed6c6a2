// What the palette lists.
import type { AnyStatus } from '$lib/job';

/** One thing that can be chosen. */
export interface Entry {
  id: string;
  icon:
    | 'target'
    | 'command'
    | 'host'
    | 'folder'
    | 'page'
    | 'theme'
    | 'search'
    | 'verb'
    | { status: AnyStatus };
  /** What is matched. */
  name: string;
  doc: string | null;
  /** Whether its help is a command. */
  isCommand?: boolean;
  /** What is looked through if the name does not match. */
  also?: string;
  /** Where it belongs, at the right. */
  place: string;
  /** The key that does it without the palette. */
  key?: string;
  /** What has to be chosen next; then it does nothing by itself. */
  into?: Step;
  danger?: boolean;
  /** The exact command, in the footer. */
  line: string | null;
  /** What Enter does, in words. */
  verb: string;
  run: () => void;
  /** What Ctrl+Enter does; none if it is the same. */
  other?: { verb: string; run: () => void };
}

/** Something to choose before an entry can be done. */
export interface Step {
  /** What is asked. */
  asks: string;
  entries: Entry[];
}
