/** The hottest functions: self and total, sortable, only the rows that can be seen as elements. */
import { percent, exactQuantity, shortQuantity, signed } from '../drawing/quantities.js';
import type { TreeFunction } from '../profile/functions.js';
import type { FunctionTotals } from '../profile/hottest.js';
import type { ValueType } from '../profile/profile.js';
import { sortFunctions, type SortKey } from '../view/sorting.js';
import { button, element } from './dom.js';

const ROW_HEIGHT = 26;
/** Rows beyond the visible ones, above and below. */
const SPARE = 8;

export interface TableContent {
  readonly totals: FunctionTotals;
  readonly functions: readonly TreeFunction[];
  readonly found: Uint8Array | undefined;
  readonly whole: number;
  readonly type: ValueType;
  readonly compared: boolean;
  /** The rows' own values are those before the change. */
  readonly ownIsBefore: boolean;
  readonly color: (fn: TreeFunction) => string;
  /** The function of a sandwich. */
  readonly chosen: number | undefined;
}

type Column = readonly [key: SortKey, title: string, hint: string];
const COLUMNS: readonly Column[] = [['self', 'Self', 'without what it calls'], ['total', 'Total', 'with what it calls'], ['name', 'Function', '']];
const CHANGE_COLUMNS: readonly Column[] = [['self', 'Self', 'without what it calls'], ['selfChange', '\u0394 self', 'after minus before'], ['total', 'Total', 'with what it calls'], ['totalChange', '\u0394 total', 'after minus before'], ['name', 'Function', '']];

export class FunctionTable {
  readonly root: HTMLElement;
  readonly #body = element('tbody');
  readonly #head = element('tr');
  readonly #scroller: HTMLElement;
  readonly #count = element('span', { class: 'count' });
  readonly #onChoose: (fn: number) => void;
  #content: TableContent | undefined;
  /** Functions. */
  #sorted: Int32Array = new Int32Array();
  #sort: { readonly key: SortKey; readonly up: boolean } = { key: 'self', up: false };
  #active = 0;

  constructor(onChoose: (fn: number) => void) {
    this.#onChoose = onChoose;
    const table = element('table', {}, element('thead', {}, this.#head), this.#body);
    this.#scroller = element('div', { class: 'rows-view', tabindex: 0, role: 'region', 'aria-label': 'Hottest functions: arrow keys choose, Enter shows callers and callees' }, table);
    this.root = element('aside', { class: 'functions', 'aria-label': 'Hottest functions' }, element('header', {}, element('h2', {}, 'Hottest functions'), this.#count), this.#scroller);
    this.#scroller.addEventListener('scroll', () => { this.#draw(); }, { passive: true });
    this.#scroller.addEventListener('keydown', (event) => { this.#key(event); });
    this.#body.addEventListener('click', (event) => { this.#clicked(event); });
    new ResizeObserver(() => { this.#draw(); }).observe(this.#scroller);
  }

  show(content: TableContent): void {
    this.#content = content;
    const { found } = content;
    const all = sortFunctions(content.totals, content.functions, this.#sort, content.ownIsBefore);
    const rows = found === undefined ? all : all.filter((fn) => found[fn] === 1);
    this.#sorted = rows;
    this.#count.textContent = `${rows.length.toLocaleString('en-US')}${found === undefined ? '' : ' found'}`;
    this.#active = Math.min(this.#active, Math.max(0, rows.length - 1));
    this.#drawHead(content.compared);
    this.#scroller.classList.toggle('compared', content.compared);
    this.#draw();
  }

  #drawHead(compared: boolean): void {
    this.#head.replaceChildren(...(compared ? CHANGE_COLUMNS : COLUMNS).map(([key, title, hint]) => {
      const sorted = this.#sort.key === key;
      return element('th', { scope: 'col', class: key === 'name' ? 'name' : 'number', 'aria-sort': sorted ? (this.#sort.up ? 'ascending' : 'descending') : 'none' }, button(title, { title: hint }, () => {
        this.#sort = { key, up: sorted ? !this.#sort.up : key === 'name' };
        if (this.#content !== undefined) this.show(this.#content);
        this.#scroller.scrollTop = 0;
      }));
    }));
  }

  #draw(): void {
    const content = this.#content;
    if (content === undefined) return;
    const first = Math.max(0, Math.floor(this.#scroller.scrollTop / ROW_HEIGHT) - SPARE);
    const last = Math.min(this.#sorted.length, first + Math.ceil(this.#scroller.clientHeight / ROW_HEIGHT) + 2 * SPARE);
    const spacer = (rows: number): HTMLElement => {
      const made = element('tr', { class: 'spacer', 'aria-hidden': 'true' });
      made.style.height = `${rows * ROW_HEIGHT}px`;
      return made;
    };
    const rows = Array.from(this.#sorted.subarray(first, last), (fn, index) => this.#row(content, fn, first + index));
    if (rows.length === 0) rows.push(element('tr', { class: 'none' }, element('td', { colspan: 5 }, content.found === undefined ? 'No functions' : 'No function matches')));
    this.#body.replaceChildren(spacer(first), ...rows, spacer(this.#sorted.length - last));
  }

  #row(content: TableContent, number: number, index: number): HTMLElement {
    const { functions, totals, whole, type, compared, color, chosen } = content;
    const [self = 0, total = 0, otherSelf = 0, otherTotal = 0] = [totals.self, totals.total, totals.otherSelf, totals.otherTotal].map((weights) => weights[number]);
    const fn = functions[number] ?? { name: '', kind: 'user' as const };
    const share = (value: number): HTMLElement => {
      const cell = element('td', { class: 'number share', title: exactQuantity(value, type) }, element('span', {}, compared ? shortQuantity(value, type) : percent(value, whole)));
      cell.style.setProperty('--share', `${whole === 0 ? 0 : (100 * value) / whole}%`);
      return cell;
    };
    const change = (own: number, other: number): HTMLElement => {
      const difference = content.ownIsBefore ? other - own : own - other;
      return element('td', { class: `number ${difference > 0 ? 'more' : difference < 0 ? 'less' : ''}`, title: signed(exactQuantity(difference, type), difference) }, signed(shortQuantity(difference, type), difference));
    };
    const swatch = element('i', { class: 'swatch' });
    swatch.style.backgroundColor = color(fn);
    const name = element('td', { class: 'name', title: fn.module === undefined ? fn.name : `${fn.name} [${fn.module}]` }, element('div', {}, swatch, element('span', {}, fn.name)));
    const cells = compared ? [share(self), change(self, otherSelf), share(total), change(total, otherTotal), name] : [share(self), share(total), name];
    return element('tr', { 'data-index': index, class: index === this.#active ? 'active' : undefined, 'aria-selected': chosen === number ? 'true' : undefined }, ...cells);
  }

  #clicked(event: MouseEvent): void {
    const index = (event.target as Element).closest('tr[data-index]')?.getAttribute('data-index');
    if (index === null || index === undefined) return;
    this.#active = Number(index);
    this.#choose();
  }

  #choose(): void {
    const fn = this.#sorted[this.#active];
    if (fn !== undefined) this.#onChoose(fn);
  }

  #key(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.#scroller.clientHeight / ROW_HEIGHT) - 2);
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || (step === undefined && event.key !== 'Enter')) return;
    if (event.target !== this.#scroller) return;
    event.preventDefault();
    event.stopPropagation();
    if (step === undefined) {
      this.#choose();
      return;
    }
    this.#active = Math.max(0, Math.min(this.#sorted.length - 1, this.#active + step));
    const [top, view] = [this.#active * ROW_HEIGHT, this.#scroller.clientHeight - 2 * ROW_HEIGHT];
    if (top < this.#scroller.scrollTop) this.#scroller.scrollTop = top;
    else if (top > this.#scroller.scrollTop + view) this.#scroller.scrollTop = top - view;
    this.#draw();
  }
}
