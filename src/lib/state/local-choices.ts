// Small choices of a person that outlive the page. A browser may refuse to keep them: then they last as long as the page.

/** Words by name in local storage. */
export const localChoices = {
  /** What was kept, or null. */
  get(name: string): string | null {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  },

  /** Keeps a word. */
  set(name: string, word: string): void {
    try {
      localStorage.setItem(name, word);
    } catch {
      // Nothing is lost but the memory of a choice.
    }
  },

  /** Calls back with what another window of the app keeps under a name from now on; null if it kept nothing. */
  follow(name: string, heard: (word: string | null) => void): void {
    if (typeof window === 'undefined') return;
    window.addEventListener('storage', ({ key, newValue }) => {
      if (key === name) heard(newValue);
    });
  },

  /** A list of words that was kept; empty if there is none or it cannot be read. */
  list(name: string): string[] {
    try {
      const value: unknown = JSON.parse(this.get(name) ?? '[]');
      return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
    } catch {
      return [];
    }
  },
};

// What finds in one log still asks by this name.
