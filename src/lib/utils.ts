// How class names are joined: later ones win over earlier ones of the same kind.
import { type ClassValue, clsx } from 'clsx';
import { extendTailwindMerge } from 'tailwind-merge';

// Our own names in app.css; without them a size of type would be taken for a colour, and two widths would both stay.
const merge = extendTailwindMerge({
  extend: {
    theme: {
      container: ['form', 'question', 'keys', 'number', 'window'],
      spacing: ['label', 'palette'],
    },
    classGroups: { 'font-size': [{ text: ['key', 'meta', 'base', 'title', 'welcome', 'log'] }] },
  },
});

/** Joins class names; of two that set the same property the last one stays. */
export function cn(...classes: ClassValue[]): string {
  return merge(clsx(classes));
}
