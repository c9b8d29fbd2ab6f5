/** The graph, or in a sandwich the two of a function: callers above it, callees below. */
import type { CallTree } from '../profile/call-tree.js';
import { nodeAt, type Trees } from '../view/trees.js';
import type { View, Zooms } from '../view/view-state.js';
import { Chart } from './chart.js';
import { button, element } from './dom.js';

export type GraphName = keyof Zooms;

export interface GraphEvents {
  readonly onZoom: (graph: GraphName, node: number) => void;
  readonly onHover: (graph: GraphName, node: number, x: number, y: number) => void;
  readonly onFocus: (graph: GraphName, node: number) => void;
  readonly onLeaveSandwich: () => void;
}

const LABELS: Readonly<Record<GraphName, string>> = { whole: 'Flame graph', callers: 'Callers', callees: 'Callees' };
const NAMES: readonly GraphName[] = ['whole', 'callers', 'callees'];

export class Graphs {
  readonly root: HTMLElement;
  readonly charts: Readonly<Record<GraphName, Chart>>;
  readonly #band: HTMLElement;
  readonly #function = element('strong');
  readonly #numbers = element('span', { class: 'numbers' });
  /** The graph that keys act on. */
  #active: GraphName = 'whole';

  constructor(events: GraphEvents) {
    const make = (name: GraphName): Chart => {
      const chart = new Chart(LABELS[name], {
        onZoom: (node) => { events.onZoom(name, node); }, onHover: (node, x, y) => { events.onHover(name, node, x, y); },
        onFocus: (node) => { this.#active = name; events.onFocus(name, node); },
      });
      chart.root.addEventListener('focus', () => { this.#active = name; });
      chart.root.classList.add(name);
      return chart;
    };
    this.charts = { whole: make('whole'), callers: make('callers'), callees: make('callees') };
    this.#band = element('div', { class: 'band' }, element('span', { class: 'side' }, '\u25b2 callers'), this.#function, this.#numbers, element('span', { class: 'side' }, 'callees \u25bc'), button('Back to all', { class: 'plain' }, events.onLeaveSandwich));
    this.root = element('div', { class: 'graphs' }, this.charts.whole.root, this.charts.callers.root, this.#band, this.charts.callees.root);
  }

  get active(): GraphName {
    return this.#active;
  }

  get hasFocus(): boolean {
    return this.root.contains(document.activeElement);
  }

  focus(): void {
    this.charts[this.#active].root.focus({ preventScroll: true });
  }

  /** @param fn the function of a sandwich @param describe numbers of a sandwich's function */
  show(trees: Trees, view: View, fn: number | undefined, colors: (tree: CallTree) => (node: number) => string, describe: (tree: CallTree) => string): void {
    const sandwich = fn !== undefined;
    this.root.classList.toggle('sandwich', sandwich);
    this.charts.whole.root.hidden = sandwich;
    this.#band.hidden = this.charts.callers.root.hidden = this.charts.callees.root.hidden = !sandwich;
    const { value, grouping } = view;
    for (const name of NAMES) {
      if ((name === 'whole') === sandwich) continue;
      const reverse = name === 'whole' ? view.reverse : name === 'callers';
      const tree = trees.tree({ value, grouping, reverse, ...(fn === undefined ? {} : { focus: fn }) });
      const asked = nodeAt(tree, view.zooms[name]);
      // What is gone in a comparison has no width to zoom to.
      this.charts[name].show({ tree, zoom: (tree.total[asked] ?? 0) > 0 ? asked : 0, rootsAbove: name === 'whole' ? view.icicle : name === 'callees', color: colors(tree) });
      if (name === 'callees') {
        this.#function.textContent = tree.functions[tree.fn[0] ?? 0]?.name ?? '';
        this.#numbers.textContent = describe(tree);
      }
    }
    if ((this.#active === 'whole') === sandwich) this.#active = sandwich ? 'callees' : 'whole';
  }
}
