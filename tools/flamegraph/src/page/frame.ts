/** What stands around the graph: heading, search, notes, the way to the zoomed frame, details, legend. */
import type { Search } from '../view/search.js';
import { button, element } from './dom.js';
import { helpDialog } from './keyboard.js';
import { Tip } from './tip.js';

export interface FrameParts {
  readonly title: string;
  /** What the profile lacks. */
  readonly notes: readonly string[];
  readonly compared: boolean;
  /** Nothing was recorded. */
  readonly empty: boolean;
  readonly toolbar: HTMLElement;
  readonly graphs: HTMLElement;
  readonly table: HTMLElement;
  readonly onQuery: (query: string) => void;
  readonly onSandwich: () => void;
}

const SAID_MS = 2500;

/** One quiet line, which opens when there is more to read. */
function notesLine(notes: readonly string[]): HTMLElement {
  const [first = '', ...more] = notes;
  const count = more.length === 0 ? undefined : element('span', { class: 'more' }, `and ${more.length} more`);
  return element('details', { class: 'notes' }, element('summary', { title: 'what this recording lacks' }, element('span', { class: 'first' }, first), count), element('ul', {}, ...notes.map((note) => element('li', {}, note))));
}

export class Frame {
  readonly parts: readonly HTMLElement[];
  readonly tip = new Tip();
  readonly help = helpDialog();
  readonly #facts = element('p', { class: 'facts' });
  readonly #query = element('input', { type: 'search', placeholder: 'Search functions, or /regex/', 'aria-label': 'Search functions', autocomplete: 'off', spellcheck: 'false' });
  readonly #matched = element('output', { class: 'matched', 'aria-live': 'polite' });
  readonly #way = element('nav', { class: 'way', 'aria-label': 'Zoomed frame' });
  readonly #name = element('strong');
  readonly #numbers = element('span');
  readonly #ofFunction: HTMLButtonElement;
  readonly #legend = element('ul', { class: 'legend', 'aria-label': 'Colours' });
  readonly #said = element('div', { class: 'said', role: 'status', hidden: true });
  readonly #main: HTMLElement;
  #saidUntil: number | undefined;

  constructor({ title, notes, compared, empty, toolbar, graphs, table, onQuery, onSandwich }: FrameParts) {
    this.#query.addEventListener('input', () => { onQuery(this.#query.value); });
    this.#ofFunction = button('Callers & callees', { class: 'plain', title: 'of this function (s)' }, onSandwich);
    const details = element('div', { class: 'details' }, element('p', { id: 'details', 'aria-live': 'polite' }, this.#name, ' ', this.#numbers), this.#ofFunction);
    this.#main = element('main', { class: compared ? 'compared' : undefined }, element('section', { class: 'graph' }, this.#way, ...(empty ? [element('p', { class: 'nothing' }, 'Nothing was sampled: the profile has no stacks with a weight.')] : []), graphs, details, this.#legend), table);
    this.parts = [
      element('header', { class: 'bar' }, element('div', { class: 'heading' }, element('h1', {}, title), this.#facts), element('div', { class: 'search' }, this.#query, this.#matched)),
      toolbar, ...(notes.length === 0 ? [] : [notesLine(notes)]), this.#main, this.tip.root, this.#said, this.help,
    ];
  }

  showFacts(facts: readonly string[]): void {
    this.#facts.replaceChildren(...facts.map((fact) => element('span', {}, fact)));
  }

  showSearch(query: string, { error, functions }: Search, matched: string): void {
    if (this.#query.value !== query) this.#query.value = query;
    this.#query.toggleAttribute('aria-invalid', error !== undefined);
    this.#matched.textContent = error ?? matched;
    this.#matched.title = error === undefined && matched !== '' ? `${functions.toLocaleString('en-US')} functions` : '';
    this.#matched.classList.toggle('wrong', error !== undefined);
  }

  /** @param reset undefined when all is shown */
  showWay(steps: readonly HTMLElement[], reset: (() => void) | undefined, narrow: number): void {
    const hidden = narrow === 0 ? [] : [element('span', { class: 'narrow-note' }, `${narrow.toLocaleString('en-US')} narrower frames appear when you zoom in`)];
    this.#way.replaceChildren(...(reset === undefined ? [element('span', { class: 'step' }, 'all')] : [button('all', { class: 'step', title: 'show all (0)' }, reset)]), ...steps, ...hidden);
  }

  showDetails(name: string, line: string, isFunction: boolean): void {
    this.#name.textContent = name;
    this.#numbers.textContent = line;
    this.#ofFunction.disabled = !isFunction;
  }

  showLegend(entries: readonly (readonly [name: string, color: string])[]): void {
    this.#legend.replaceChildren(...entries.map(([name, color]) => {
      const swatch = element('i', { class: 'swatch' });
      swatch.style.backgroundColor = color;
      return element('li', {}, swatch, name);
    }));
    this.#legend.hidden = entries.length === 0;
  }

  focusSearch(): void {
    this.#query.focus();
    this.#query.select();
  }

  toggleTable(): void {
    this.#main.classList.toggle('no-table');
  }

  say(text: string): void {
    this.#said.textContent = text;
    this.#said.hidden = false;
    window.clearTimeout(this.#saidUntil);
    this.#saidUntil = window.setTimeout(() => { this.#said.hidden = true; }, SAID_MS);
  }
}
