// The help of a target in one line: as it was written, else from what is known of the target.
import type { Target } from '$lib/wire';

/** The line. */
export interface About {
  text: string;
  /** Whether it is help, or was worked out from prose, or is a command. */
  by: 'help' | 'prose' | 'command';
  /** The line with where it is from, as a tooltip. */
  whole: string;
}

export function about({ doc, summary }: Target): About | null {
  if (doc !== null) return { text: doc, by: 'help', whole: doc };
  if (summary === null) return null;
  const { text, by } = summary;
  switch (by.by) {
    case 'document':
      return { text, by: 'prose', whole: `${text} (${by.file})` };
    case 'recipe':
      return { text, by: 'prose', whole: `${text} (its recipe)` };
    case 'leads':
      return { text, by: 'prose', whole: text };
    case 'command':
      return { text, by: 'command', whole: `$ ${text}` };
  }
}

/** Where the page of a target is. */
export function targetPath(project: string, target: string): string {
  return `/target/${encodeURIComponent(project)}/${encodeURIComponent(target)}`;
}
