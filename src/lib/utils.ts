// How class names are joined: later ones win over earlier ones of the same kind.
import { type ClassValue, clsx } from 'clsx';
import { extendTailwindMerge } from 'tailwind-merge';

// Our own type scale; without it a size would be taken for a colour and dropped.
const merge = extendTailwindMerge({
  extend: {
    classGroups: { 'font-size': [{ text: ['key', 'meta', 'base', 'title', 'welcome', 'log'] }] },
  },
});

/** Joins class names; of two that set the same property the last one stays. */
export function cn(...classes: ClassValue[]): string {
  return merge(clsx(classes));
}
