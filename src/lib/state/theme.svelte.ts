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
    this.#take(localChoices.get('theme'));
    localChoices.follow('theme', (word) => this.#take(word));
  }

  /** Chooses, and remembers it. */
  choose(choice: ThemeChoice): void {
    this.choice = choice;
    localChoices.set('theme', choice);
    this.#draw();
  }

  #take(stored: string | null): void {
    this.choice = stored === 'light' || stored === 'dark' ? stored : 'system';
    this.#draw();
  }

  #draw(): void {
    const root = document.documentElement;
    if (root.classList.contains('dark') === (this.drawn === 'dark')) return;
    // Colours that pass over one by one would be one picture of two themes.
    root.classList.add('switching');
    root.classList.toggle('dark', this.drawn === 'dark');
    requestAnimationFrame(() => requestAnimationFrame(() => root.classList.remove('switching')));
  }
}
