// Marks on the ruler beside a log: where they are, in px, and none closer than 2 px to the next.

/** Px between two marks, at least. */
const APART = 2;

/** The tops of marks at these rows of a log of `rows` rows, on a ruler of so many px; rows are in order. */
export function tops(
  marked: Iterable<number>,
  rows: number,
  height: number,
  row: number,
): number[] {
  // A log that is shorter than its window ends above the ruler's foot.
  const track = Math.min(height, rows * row);
  const marks: number[] = [];
  for (const at of marked) {
    const top = rows === 0 ? 0 : Math.min((at / rows) * track, height - APART);
    const last = marks.at(-1);
    if (last === undefined || top - last >= APART) marks.push(Math.round(top));
  }
  return marks;
}
