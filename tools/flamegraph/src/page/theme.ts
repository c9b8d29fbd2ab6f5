/** Dark and light: as the system has it, until a person chooses. The choice is kept where the browser lets us. */
import type { Theme } from '../drawing/colors.js';

const KEY = 'stapkit-flamegraph-theme';

function kept(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export class ThemeSwitch {
  #theme: Theme;
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    const system = window.matchMedia('(prefers-color-scheme: dark)');
    const chosen = kept();
    this.#theme = chosen === 'dark' || chosen === 'light' ? chosen : system.matches ? 'dark' : 'light';
    system.addEventListener('change', ({ matches }) => { if (kept() === null) this.#set(matches ? 'dark' : 'light'); });
    document.documentElement.dataset['theme'] = this.#theme;
  }

  get theme(): Theme {
    return this.#theme;
  }

  toggle(): void {
    this.#set(this.#theme === 'dark' ? 'light' : 'dark');
    try {
      localStorage.setItem(KEY, this.#theme);
    } catch {
      // Kept until the page is closed, then.
    }
  }

  #set(theme: Theme): void {
    this.#theme = theme;
    document.documentElement.dataset['theme'] = theme;
    this.#onChange();
  }
}
