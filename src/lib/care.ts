// What is asked before something runs on a host, in words; everything that shows or sets it uses these.
import type { Care, Hue, Host } from './wire';

/** The words of each, from that which asks for least. */
export const CARES: { care: Care; label: string }[] = [
  { care: 'free', label: 'Never ask' },
  { care: 'ask', label: 'Ask if dangerous' },
  { care: 'always', label: 'Always ask' },
  { care: 'name', label: 'Production: type its name' },
];

/** The colors of environments. */
export const COLORS: { color: Hue; label: string }[] = [
  { color: 'red', label: 'Red' },
  { color: 'amber', label: 'Amber' },
  { color: 'green', label: 'Green' },
  { color: 'blue', label: 'Blue' },
  { color: 'violet', label: 'Violet' },
  { color: 'grey', label: 'Grey' },
];

/** What is said beside the name of a host; null of one that is as most are. */
export const CARE_WORD: Record<Care, string | null> = {
  free: 'never asks',
  ask: null,
  always: 'always asks',
  name: 'production',
};

/** Whether anything asks there before it runs. */
export function asks({ care }: Pick<Host, 'care'>): boolean {
  return care === 'always' || care === 'name';
}

/** What its own mark says; the empty text if it has none, and its tags say what counts. */
export function ownCare({ care, marked_by }: Pick<Host, 'care' | 'marked_by'>): Care | '' {
  return marked_by === undefined || marked_by.startsWith('@') ? '' : care;
}
