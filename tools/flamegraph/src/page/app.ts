/** The page as a whole: what is done changes the view, the view is drawn and stands in the URL's fragment. */
import { colorOf, legendColor } from '../drawing/colors.js';
import { percent, shortQuantity } from '../drawing/quantities.js';
import type { WriteOptions } from '../formats/format.js';
import type { CallTree } from '../profile/call-tree.js';
import { losses } from '../profile/compare.js';
import { tintOf } from '../profile/functions.js';
import { describeLine, describeNode } from '../view/describe.js';
import { factsOf } from '../view/facts.js';
import { foldedSubtree } from '../view/folded-subtree.js';
import { foundTotal, searchFunctions, type Search } from '../view/search.js';
import { firstChoice, placeOf, type Trees } from '../view/trees.js';
import { fragmentOf, viewOf, type Place, type View } from '../view/view-state.js';
import { neighbour, nextFound, wider, type Step } from '../view/walk.js';
import { copyText } from './clipboard.js';
import { afterPaint, button } from './dom.js';
import { Frame } from './frame.js';
import { FunctionTable } from './function-table.js';
import { Graphs, type GraphName } from './graphs.js';
import { listenToKeys, type Command } from './keyboard.js';
import { legendOf, nodeColors } from './palette.js';
import { ThemeSwitch } from './theme.js';
import { makeToolbar, type Toolbar } from './toolbar.js';

/** `sandwich: undefined` leaves it. */
type Change = Partial<Omit<View, 'sandwich'>> & { readonly sandwich?: Place | undefined };

export class App {
  readonly #trees: Trees;
  readonly #defaults: View;
  #view: View;
  #search: Search = { found: undefined, functions: 0 };
  readonly #theme = new ThemeSwitch(() => { this.#draw(); });
  readonly #frame: Frame;
  readonly #graphs: Graphs;
  readonly #table: FunctionTable;
  readonly #toolbar: Toolbar;
  /** Gives up the table that is not drawn yet. */
  #tableLater: () => void = () => undefined;
  #tableShows = '';

  constructor(root: HTMLElement, trees: Trees, written: WriteOptions) {
    this.#trees = trees;
    const { profile } = trees;
    this.#defaults = { ...firstChoice(profile, written), icicle: written.icicle, colors: written.colors, shares: false, query: '', zooms: {} };
    this.#view = this.#read();
    this.#graphs = new Graphs({
      onZoom: (graph, node) => { this.#zoom(graph, node); },
      onHover: (graph, node, x, y) => { this.#hover(graph, node, x, y); },
      onFocus: (graph, node) => { this.#tell(graph, node); },
      onLeaveSandwich: () => { this.#leaveSandwich(); },
    });
    this.#table = new FunctionTable((fn) => { this.#sandwich(fn); });
    this.#toolbar = makeToolbar(profile, (patch) => { this.#change(patch); }, (command) => { this.#run(command); });
    this.#frame = new Frame({ title: written.title, notes: losses(profile), compared: this.#trees.compared, empty: profile.totals.every((total) => total === 0), toolbar: this.#toolbar.root, graphs: this.#graphs.root, table: this.#table.root, onQuery: (query) => { this.#change({ query }, false); }, onSandwich: () => { this.#run('sandwich'); } });
    root.replaceChildren(...this.#frame.parts);
    listenToKeys((command) => { this.#run(command); }, () => this.#graphs.hasFocus || document.activeElement === document.body);
    window.addEventListener('popstate', () => { this.#view = this.#read(); this.#draw(); });
    this.#draw();
  }

  #read(): View {
    return viewOf(window.location.hash, this.#defaults, this.#trees.profile.valueTypes.length);
  }

  /** @param push the browser's Back goes to the view as it was */
  #change(patch: Change, push = true): void {
    const { sandwich, ...rest } = { ...this.#view, ...patch };
    this.#view = { ...rest, ...(sandwich === undefined ? {} : { sandwich }) };
    const fragment = fragmentOf(this.#view, this.#defaults);
    const { pathname, search, hash } = window.location;
    if (hash.replace(/^#/, '') !== fragment) window.history[push ? 'pushState' : 'replaceState'](null, '', fragment === '' ? `${pathname}${search}` : `#${fragment}`);
    this.#draw();
  }

  #draw(): void {
    const { profile } = this.#trees;
    const view = this.#view;
    const { functions } = this.#trees.table(view.grouping);
    const fn = view.sandwich === undefined ? undefined : this.#trees.functionAt(view.grouping, view.sandwich);
    this.#search = searchFunctions(functions, view.query);
    this.#toolbar.show(view);
    const tree = this.#whole();
    this.#frame.showFacts(factsOf(profile, view.value));
    this.#frame.showSearch(view.query, this.#search, this.#search.found === undefined ? '' : `${percent(foundTotal(tree, this.#search.found), tree.total[0] ?? 0)} matched`);
    this.#frame.showLegend(legendOf(tree, { scheme: view.colors, theme: this.#theme.theme }));
    // After the texts around them: these take of their height.
    this.#graphs.show(this.#trees, view, fn, (tree) => nodeColors(tree, this.#colouring()), (tree) => this.#ofWhole(tree));
    this.#showWay();
    this.#tell(this.#graphs.active, this.#chart(this.#graphs.active).focus);
    // The graph is what people wait for; the table says the same whatever is zoomed.
    const table = JSON.stringify([view.value, view.grouping, view.query, view.colors, this.#theme.theme, fn]);
    if (table === this.#tableShows) return;
    this.#tableShows = table;
    this.#tableLater();
    this.#tableLater = afterPaint(() => {
      this.#showTable(fn);
      afterPaint(() => { profile.prepare(); });
    });
  }

  #chart(graph: GraphName): Graphs['charts'][GraphName] {
    return this.#graphs.charts[graph];
  }

  /** The tree of the whole, whatever is shown. */
  #whole(): CallTree {
    const { value, grouping, reverse } = this.#view;
    return this.#trees.tree({ value, grouping, reverse });
  }

  #colouring(): Parameters<typeof nodeColors>[1] {
    const { shares, value, colors } = this.#view;
    const { profile } = this.#trees;
    const [before = 0, after = 0] = this.#trees.compared && shares ? profile.totals : [1, 1];
    return { scheme: colors, theme: this.#theme.theme, found: this.#search.found, ownIsBefore: this.#trees.compared && value === 0, scale: before === 0 ? 1 : after / before };
  }

  #ofWhole(tree: CallTree): string {
    const type = this.#trees.profile.valueTypes[this.#view.value] ?? { type: 'samples', unit: 'count' };
    const total = tree.total[0] ?? 0;
    return `${shortQuantity(total, type)}, ${percent(total, this.#whole().total[0] ?? 0)} of all`;
  }

  #showTable(chosen: number | undefined): void {
    const { value, grouping } = this.#view;
    const { profile, compared } = this.#trees;
    this.#table.show({
      totals: this.#trees.totals({ value, grouping }), functions: this.#trees.table(grouping).functions, found: this.#search.found, whole: profile.totals[value] ?? 0, type: profile.valueTypes[value] ?? { type: 'samples', unit: 'count' }, compared, chosen,
      ownIsBefore: compared && value === 0, color: (fn) => (this.#view.colors === 'kind' || compared ? legendColor(tintOf(fn), this.#theme.theme) : colorOf(fn, this.#view.colors, this.#theme.theme)),
    });
  }

  /** The way from the root to the zoomed frame, and what is not drawn. */
  #showWay(): void {
    const graph = this.#graphs.active;
    const { shown, layout } = this.#chart(graph);
    if (shown === undefined) return;
    const { tree, zoom } = shown;
    const steps: number[] = [];
    for (let node = zoom; node > 0; node = wider(tree, node)) steps.unshift(node);
    this.#frame.showWay(steps.map((node) => button(tree.functions[tree.fn[node] ?? 0]?.name ?? '', { class: 'step' }, () => { this.#zoom(graph, node); })), zoom === 0 ? undefined : () => { this.#zoom(graph, 0); }, layout.narrow);
  }

  #zoom(graph: GraphName, node: number): void {
    const { shown } = this.#chart(graph);
    if (shown === undefined) return;
    const place = placeOf(shown.tree, node);
    const { [graph]: _, ...others } = this.#view.zooms;
    this.#change({ zooms: place === undefined ? others : { ...others, [graph]: place } });
    this.#graphs.focus();
  }

  #hover(graph: GraphName, node: number, x: number, y: number): void {
    const { shown } = this.#chart(graph);
    if (node < 0 || shown === undefined) this.#frame.tip.hide();
    else this.#frame.tip.show(describeNode(this.#trees.profile, shown.tree, node, { value: this.#view.value, zoom: shown.zoom }), x, y);
  }

  /** The line under the graph: the frame that keys act on. */
  #tell(graph: GraphName, node: number): void {
    const { shown } = this.#chart(graph);
    if (shown === undefined) return;
    const described = describeNode(this.#trees.profile, shown.tree, node, { value: this.#view.value, zoom: shown.zoom });
    this.#frame.showDetails(described.name, describeLine(described), shown.tree.functions[shown.tree.fn[node] ?? 0]?.kind !== 'process');
  }

  #sandwich(fn: number): void {
    const name = this.#trees.table(this.#view.grouping).functions[fn]?.name ?? '';
    const { whole } = this.#view.zooms;
    this.#change({ sandwich: { id: fn, name }, zooms: whole === undefined ? {} : { whole } });
  }

  #leaveSandwich(): void {
    const { whole } = this.#view.zooms;
    this.#change({ sandwich: undefined, zooms: whole === undefined ? {} : { whole } });
    this.#graphs.focus();
  }

  #run(command: Command): void {
    const chart = this.#chart(this.#graphs.active);
    const commands: Readonly<Record<Command, () => void>> = {
      search: () => { this.#frame.focusSearch(); },
      next: () => { this.#nextFound(false); }, previous: () => { this.#nextFound(true); },
      zoom: () => { this.#zoom(this.#graphs.active, chart.focus); }, out: () => { this.#out(); }, reset: () => { this.#zoom(this.#graphs.active, 0); },
      sandwich: () => { this.#sandwichOfFocus(); },
      reverse: () => { this.#change({ reverse: !this.#view.reverse, zooms: {} }); }, icicle: () => { this.#change({ icicle: !this.#view.icicle }); },
      copy: () => { void this.#copy(); }, theme: () => { this.#theme.toggle(); }, table: () => { this.#frame.toggleTable(); }, help: () => { this.#frame.help.showModal(); },
      up: () => { this.#go(chart.shown?.rootsAbove === true ? 'caller' : 'callee'); }, down: () => { this.#go(chart.shown?.rootsAbove === true ? 'callee' : 'caller'); },
      left: () => { this.#go('before'); }, right: () => { this.#go('after'); },
    };
    commands[command]();
  }

  #go(step: Step): void {
    const chart = this.#chart(this.#graphs.active);
    if (chart.shown !== undefined) chart.focusOn(neighbour(chart.shown.tree, chart.layout, chart.focus, step));
  }

  #sandwichOfFocus(): void {
    const chart = this.#chart(this.#graphs.active);
    const fn = chart.shown?.tree.fn[chart.focus] ?? 0;
    if (fn > 0 && chart.shown?.tree.functions[fn]?.kind !== 'process') this.#sandwich(fn);
    else this.#frame.say('Choose a function first');
  }

  #nextFound(back: boolean): void {
    const graph = this.#graphs.active;
    const chart = this.#chart(graph);
    if (chart.shown === undefined || this.#search.found === undefined) return;
    const node = nextFound(chart.shown.tree, this.#search.found, chart.focus, back);
    if (node === undefined) return;
    // What is not drawn now is outside the zoomed frame, or too narrow.
    if (!chart.isDrawn(node)) this.#zoom(graph, node);
    chart.focusOn(node);
  }

  #out(): void {
    const graph = this.#graphs.active;
    const { shown } = this.#chart(graph);
    if (shown !== undefined && shown.zoom > 0) this.#zoom(graph, wider(shown.tree, shown.zoom));
    else if (this.#view.sandwich !== undefined) this.#leaveSandwich();
    else if (this.#view.query !== '') this.#change({ query: '' }, false);
  }

  async #copy(): Promise<void> {
    const { shown } = this.#chart(this.#graphs.active);
    if (shown === undefined) return;
    const reverse = this.#graphs.active === 'callers' || (this.#graphs.active === 'whole' && this.#view.reverse);
    const lines = foldedSubtree(shown.tree, shown.zoom, reverse, this.#view.value === 0);
    const copied = await copyText(lines.map((line) => `${line}\n`).join(''));
    this.#frame.say(copied ? `Copied ${lines.length.toLocaleString('en-US')} folded ${lines.length === 1 ? 'stack' : 'stacks'}` : 'The browser did not allow to copy');
  }
}
