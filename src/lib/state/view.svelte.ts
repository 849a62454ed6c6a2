// How a person likes to see logs; remembered, the same for all jobs.
import { remembered } from './remembered';

/** What stands beside a line: nothing, the time of day, or the time since the job's start. */
export type Times = 'off' | 'since' | 'clock';

const ORDER: Times[] = ['since', 'clock', 'off'];

/** Choices for every log. */
export class View {
  times = $state<Times>(kept());

  /** The next kind of times. */
  nextTimes(): void {
    this.times = ORDER[(ORDER.indexOf(this.times) + 1) % ORDER.length]!;
    remembered.set('times', this.times);
  }
}

function kept(): Times {
  const word = remembered.get('times') as Times | null;
  return word !== null && ORDER.includes(word) ? word : 'since';
}
