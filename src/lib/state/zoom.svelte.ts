// How large everything in the app's own window is; a browser has that for itself.
import { inDesktop, setZoom } from '../desktop';
import { localChoices } from './local-choices';

/** The sizes there are, in percent. */
export const SIZES = [80, 90, 100, 110, 125, 150, 175, 200];

/** The size, remembered. */
export class Zoom {
  percent = $state(stored());

  /** Draws the window in the size that is remembered. */
  begin(): void {
    if (this.percent !== 100) this.#draw();
    localChoices.follow('zoom', () => {
      this.percent = stored();
      this.#draw();
    });
  }

  /** A size larger, or smaller. */
  step(by: 1 | -1): void {
    const at = SIZES.indexOf(this.percent) + by;
    if (SIZES[at] !== undefined) this.choose(SIZES[at]);
  }

  /** Chooses one of the sizes. */
  choose(percent: number): void {
    this.percent = percent;
    localChoices.set('zoom', String(percent));
    this.#draw();
  }

  #draw(): void {
    // What cannot be drawn larger stays as it is.
    if (inDesktop()) setZoom(this.percent / 100).catch(() => undefined);
  }
}

function stored(): number {
  const percent = Number(localChoices.get('zoom'));
  return SIZES.includes(percent) ? percent : 100;
}
