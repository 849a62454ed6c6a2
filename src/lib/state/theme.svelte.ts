// Light, dark, or as the system has it. `static/theme.js` has set the first one before the page was drawn.
import type { Theme as Drawn } from '../log/color';
import { localChoices } from './local-choices';

/** What a person chose. */
export type ThemeChoice = 'system' | 'light' | 'dark';

/** The theme, on the page's root element as the class `dark`. */
export class Theme {
  choice = $state<ThemeChoice>('system');
  #systemDark = $state(false);

  /** The one that is drawn. */
  readonly drawn: Drawn = $derived(
    this.choice === 'system' ? (this.#systemDark ? 'dark' : 'light') : this.choice,
  );

  constructor() {
    const system = matchMedia('(prefers-color-scheme: dark)');
    this.#systemDark = system.matches;
    system.addEventListener('change', () => {
      this.#systemDark = system.matches;
      this.#draw();
    });
    const stored = localChoices.get('theme');
    if (stored === 'light' || stored === 'dark') this.choice = stored;
    this.#draw();
  }

  /** Chooses, and remembers it. */
  choose(choice: ThemeChoice): void {
    this.choice = choice;
    localChoices.set('theme', choice);
    this.#draw();
  }

  #draw(): void {
    document.documentElement.classList.toggle('dark', this.drawn === 'dark');
  }
}
