// How the rows of a log look: the same for all of them.
import type { Theme } from '$lib/log/color';
import type { Times } from '$lib/state/appearance.svelte';

/** The look of rows. */
export interface Look {
  /** Whether long lines wrap. */
  wrap: boolean;
  times: Times;
  theme: Theme;
  /** Whether files that it names are here, and can be opened. */
  places: boolean;
  /** When the job started, in microseconds since 1970. */
  start: number;
}
