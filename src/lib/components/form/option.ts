// What can be chosen from a list.

/** One of the things to choose from. */
export interface Option {
  value: string;
  label: string;
  /** A second voice beside the label. */
  hint?: string | undefined;
  /** A word of warning beside the label. */
  badge?: string | undefined;
}
