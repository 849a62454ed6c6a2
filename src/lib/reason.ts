// What an error says.

/** The message of what was thrown, for a person. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
