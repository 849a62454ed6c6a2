// What is usual of a few numbers.

/** The middle one; of an even number the upper of both. */
export function median(values: number[]): number | null {
  return values.toSorted((a, b) => a - b).at(Math.floor(values.length / 2)) ?? null;
}

/** What nine of ten of them are at most. */
export function nineOfTen(values: number[]): number | null {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.9) - 1] ?? null;
}
