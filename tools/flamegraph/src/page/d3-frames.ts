/**
 * The wide frames, by d3-flame-graph: elements with names that one can read, select and find in the document. Only as
 * many as a browser lays out at once; the narrow ones are painted (canvas-frames.ts).
 */
import flamegraph from 'd3-flame-graph';
import { select } from 'd3-selection';
import { timerFlush } from 'd3-timer';
import type { Layout } from '../drawing/layout.js';
import type { CallTree } from '../profile/call-tree.js';
import { ROW, isElement } from './measures.js';

interface FrameData {
  readonly name: string;
  readonly value: number;
  /** Around the zoomed frame. */
  readonly fade: boolean;
  readonly node: number;
  readonly children: FrameData[];
}

/** Frames that are elements; more take longer to lay out than a blink. */
const MOST = 400;
/** Pixels. Nothing can be read in narrower ones. */
const NARROWEST = 18;

/** Frames at least so wide are elements. */
function widthLimit(tree: CallTree, { nodes, widths }: Layout): number {
  const wide = widths.filter((width, index) => isElement(width, tree.depth[nodes[index] ?? 0] ?? 0, NARROWEST));
  if (wide.length <= MOST) return NARROWEST;
  return (wide.sort((a, b) => b - a)[MOST] ?? NARROWEST) + 1e-9;
}

/** The layout's frames as d3-flame-graph's nested data; undefined when none is wide enough. Also how deep they go. */
function nested(tree: CallTree, layout: Layout, zoom: number, limit: number): { readonly root: FrameData; readonly rows: number } | undefined {
  const open: FrameData[] = [];
  let root: FrameData | undefined;
  let rows = 0;
  const zoomDepth = tree.depth[zoom] ?? 0;
  layout.nodes.forEach((node, index) => {
    const depth = tree.depth[node] ?? 0;
    if (!isElement(layout.widths[index] ?? 0, depth, limit)) return;
    const fade = depth < zoomDepth;
    const data: FrameData = { name: tree.functions[tree.fn[node] ?? 0]?.name ?? '', value: tree.total[fade ? zoom : node] ?? 0, fade, node, children: [] };
    open.length = depth;
    open.at(-1)?.children.push(data);
    open.push(data);
    root ??= data;
    rows = Math.max(rows, depth + 1);
  });
  return root === undefined ? undefined : { root, rows };
}

export class D3Frames {
  readonly root = document.createElement('div');
  readonly #chart = flamegraph<FrameData>();
  #drawn = false;
  #color: (node: number) => string = () => '';

  constructor() {
    this.root.className = 'frames';
    this.#chart.cellHeight(ROW).transitionDuration(0).setColorMapper(({ data }) => this.#color(data.node)).setLabelHandler(({ data }) => data.name);
    // Tips are ours; with none of its own it would add a <title> to each frame.
    this.#chart.tooltip(Object.assign(() => undefined, { show: () => undefined, hide: () => undefined }));
  }

  /** Takes what is drawn away. What is there stands for other frames: moving it would take longer than making it anew. */
  clear(): void {
    this.root.querySelectorAll('g').forEach((frame) => { frame.remove(); });
  }

  /** Draws anew, after `clear`; gives the width from which on frames are drawn here. */
  draw(tree: CallTree, layout: Layout, options: { readonly zoom: number; readonly width: number; readonly rootsAbove: boolean; readonly color: (node: number) => string }): number {
    const limit = widthLimit(tree, layout);
    const data = nested(tree, layout, options.zoom, limit);
    if (data === undefined) return 0;
    this.#color = options.color;
    const height = data.rows * ROW;
    this.#chart.width(Math.max(1, options.width)).height(height).inverted(options.rootsAbove);
    if (this.#drawn) this.#chart.update(data.root);
    else this.#chart(select<FrameData>(this.root).datum(data.root));
    this.#drawn = true;
    this.root.querySelector('svg')?.setAttribute('height', String(height));
    // The library sets names in a timer, and lets widths grow, however short its transitions are: at once instead.
    timerFlush();
    select(this.root).selectAll('rect').interrupt();
    this.root.querySelectorAll('g').forEach((frame) => { frame.querySelector('rect')?.setAttribute('width', frame.getAttribute('width') ?? '0'); });
    this.root.classList.toggle('roots-above', options.rootsAbove);
    return limit;
  }
}
