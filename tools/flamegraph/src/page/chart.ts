/** One flame graph: frames, scrolling, the pointer, the focused frame. It shows a tree and tells what is done to it. */
import { frameAt, layOut, type Layout } from '../drawing/layout.js';
import type { CallTree } from '../profile/call-tree.js';
import { CanvasFrames } from './canvas-frames.js';
import { D3Frames } from './d3-frames.js';
import { element } from './dom.js';
import { MIN_WIDTH, ROW } from './measures.js';

export interface Shown {
  readonly tree: CallTree;
  /** Node as wide as the graph. */
  readonly zoom: number;
  readonly rootsAbove: boolean;
  readonly color: (node: number) => string;
}

export interface ChartEvents {
  readonly onZoom: (node: number) => void;
  /** The frame under the pointer, -1 for none. */
  readonly onHover: (node: number, x: number, y: number) => void;
  /** The frame that keys act on; also the one last touched. */
  readonly onFocus: (node: number) => void;
}

/** Two touches of a frame on a touch screen: the first tells about it, the second zooms. */
type PointerKind = 'mouse' | 'touch';

export class Chart {
  readonly root: HTMLElement;
  readonly #rows = element('div', { class: 'rows' });
  readonly #d3 = new D3Frames();
  readonly #canvas = new CanvasFrames();
  readonly #hover = element('div', { class: 'mark hover', hidden: true });
  readonly #focusMark = element('div', { class: 'mark focus', hidden: true });
  readonly #events: ChartEvents;
  #shown: Shown | undefined;
  #layout: Layout = { nodes: [], lefts: [], widths: [], rows: [], narrow: 0 };
  #focus = 0;
  #lastPointer: PointerKind = 'mouse';
  #width = 0;
  #height = 0;

  constructor(label: string, events: ChartEvents) {
    this.#events = events;
    this.#rows.append(this.#canvas.root, this.#d3.root, this.#hover, this.#focusMark);
    this.root = element('div', { class: 'chart', tabindex: 0, role: 'application', 'aria-label': label, 'aria-describedby': 'details' }, this.#rows);
    this.root.addEventListener('scroll', () => { this.#canvas.scrolled(this.root.scrollTop, this.root.clientHeight); }, { passive: true });
    this.#rows.addEventListener('pointermove', (event) => { if (event.pointerType === 'mouse') this.#pointAt(event); });
    this.#rows.addEventListener('pointerleave', () => { this.#pointAway(); });
    this.#rows.addEventListener('pointerdown', (event) => { this.#lastPointer = event.pointerType === 'mouse' ? 'mouse' : 'touch'; });
    this.#rows.addEventListener('click', (event) => { this.#clicked(event); });
    new ResizeObserver(() => { this.#resized(); }).observe(this.root);
  }

  get layout(): Layout {
    return this.#layout;
  }

  get focus(): number {
    return this.#focus;
  }

  get shown(): Shown | undefined {
    return this.#shown;
  }

  show(shown: Shown): void {
    const before = this.#shown;
    this.#shown = shown;
    const { tree, zoom, rootsAbove, color } = shown;
    this.#pointAway();
    // Before sizes are asked for: for those the browser would lay the old frames out once more.
    this.#d3.clear();
    // Rows first: a scroll bar takes of the width.
    let layout = layOut(tree, zoom, this.#rows.clientWidth, MIN_WIDTH);
    this.#rows.style.height = `${layout.rows.length * ROW}px`;
    const width = this.#rows.clientWidth;
    if (width !== this.#width) layout = layOut(tree, zoom, width, MIN_WIDTH);
    this.#width = width;
    this.#layout = layout;
    const style = getComputedStyle(this.root);
    const limit = this.#d3.draw(tree, layout, { zoom, width, rootsAbove, color });
    const another = before?.tree !== tree;
    if (another) this.#focus = zoom;
    if (another || before.zoom !== zoom || before.rootsAbove !== rootsAbove) this.#scrollTo(zoom, true);
    this.#canvas.draw({ tree, layout, zoom, rootsAbove, rows: layout.rows.length, width, limit, color, ink: style.getPropertyValue('--frame-ink'), font: style.getPropertyValue('--frame-font') }, this.root.scrollTop, this.root.clientHeight);
    if (this.#place(this.#focus) < 0) this.#focus = zoom;
    this.#mark(this.#focusMark, this.#place(this.#focus));
    this.#height = this.root.clientHeight;
  }

  /** Moves the focus; the frame comes into view. */
  focusOn(node: number): void {
    const place = this.#place(node);
    if (place < 0) return;
    this.#focus = node;
    this.#mark(this.#focusMark, place);
    this.#scrollTo(node, false);
    this.#events.onFocus(node);
  }

  #resized(): void {
    const shown = this.#shown;
    if (shown === undefined || this.root.clientHeight === 0) return;
    if (this.#width !== this.#rows.clientWidth) this.show(shown);
    // The roots of a flame stay where they are: at the lower side.
    else if (!shown.rootsAbove) this.root.scrollTop += this.#height - this.root.clientHeight;
    this.#height = this.root.clientHeight;
    this.#canvas.scrolled(this.root.scrollTop, this.#height);
  }

  isDrawn(node: number): boolean {
    return this.#place(node) >= 0;
  }

  /** Index in the layout, -1 when the frame is not drawn. */
  #place(node: number): number {
    const row = this.#layout.rows[this.#shown?.tree.depth[node] ?? 0] ?? [];
    return row.find((index) => this.#layout.nodes[index] === node) ?? -1;
  }

  #rowOf(place: number): number {
    const depth = this.#shown?.tree.depth[this.#layout.nodes[place] ?? 0] ?? 0;
    return this.#shown?.rootsAbove === true ? depth : this.#layout.rows.length - 1 - depth;
  }

  #mark(mark: HTMLElement, place: number): void {
    mark.hidden = place < 0;
    if (place >= 0) Object.assign(mark.style, { left: `${this.#layout.lefts[place] ?? 0}px`, top: `${this.#rowOf(place) * ROW}px`, width: `${Math.max(2, (this.#layout.widths[place] ?? 0) - 1)}px` });
  }

  /** @param edge a zoomed frame goes to the side of the roots, with two rows of its callers */
  #scrollTo(node: number, edge: boolean): void {
    const place = this.#place(node);
    if (place < 0) return;
    const row = this.#rowOf(place);
    const view = this.root.clientHeight;
    const { rootsAbove } = this.#shown ?? { rootsAbove: true };
    if (edge) this.root.scrollTop = rootsAbove ? (row - 2) * ROW : (row + 3) * ROW - view;
    else if (row * ROW < this.root.scrollTop) this.root.scrollTop = (row - 1) * ROW;
    else if ((row + 1) * ROW > this.root.scrollTop + view) this.root.scrollTop = (row + 2) * ROW - view;
  }

  #under(event: MouseEvent): number {
    const shown = this.#shown;
    if (shown === undefined) return -1;
    const box = this.#rows.getBoundingClientRect();
    const row = Math.floor((event.clientY - box.top) / ROW);
    return frameAt(this.#layout, shown.rootsAbove ? row : this.#layout.rows.length - 1 - row, event.clientX - box.left);
  }

  #pointAt(event: MouseEvent): void {
    const place = this.#under(event);
    this.#mark(this.#hover, place);
    this.#rows.classList.toggle('on-frame', place >= 0);
    this.#events.onHover(this.#layout.nodes[place] ?? -1, event.clientX, event.clientY);
  }

  #pointAway(): void {
    this.#hover.hidden = true;
    this.#events.onHover(-1, 0, 0);
  }

  #clicked(event: MouseEvent): void {
    const node = this.#layout.nodes[this.#under(event)];
    if (node === undefined) return;
    const known = node === this.#focus;
    this.focusOn(node);
    if (this.#lastPointer === 'mouse' || known) this.#events.onZoom(node);
  }
}
