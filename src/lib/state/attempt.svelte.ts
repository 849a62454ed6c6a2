// Something a person tries in a dialog or a row, and that can fail: the reason is shown there. What has no such place
// goes through `app.attempt`, which shows it above the canvas.
import { reason } from '../reason';

/** The latest of the same attempts. */
export class Attempt {
  /** Why it failed, for a person; null if it did not, or has not ended. */
  problem = $state<string | null>(null);
  /** Whether it is under way. */
  busy = $state(false);

  /** Tries something; gives whether it succeeded. */
  async run(what: () => Promise<unknown>): Promise<boolean> {
    this.busy = true;
    this.problem = null;
    try {
      await what();
      return true;
    } catch (error) {
      this.problem = reason(error);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
