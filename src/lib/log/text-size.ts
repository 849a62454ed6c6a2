// How large the text of logs is: sizes of letters, and the rows that hold them.

/** The sizes there are, in px. */
export const TEXT_SIZES = [10, 11, 12, 13, 14, 16, 18, 20];
/** The one that everything else in the window goes with. */
export const USUAL_TEXT = 12;

/** Height of a row in px, a whole number so that no two of them leave a seam. */
export function rowOf(size: number): number {
  return Math.round((size * 5) / 3);
}
