/**
 * The narrow frames, painted: tens of thousands in a few milliseconds. The canvas covers what can be seen and as much
 * again above and below, so that scrolling does not wait for paint.
 */
import type { Layout } from '../drawing/layout.js';
import type { CallTree } from '../profile/call-tree.js';
import { LABEL_WIDTH, ROW, isElement } from './measures.js';

export interface Painting {
  readonly tree: CallTree;
  readonly layout: Layout;
  readonly zoom: number;
  readonly rootsAbove: boolean;
  /** Of the whole graph, in rows. */
  readonly rows: number;
  readonly width: number;
  /** Frames as wide as this are drawn by others. */
  readonly limit: number;
  readonly color: (node: number) => string;
  readonly ink: string;
  readonly font: string;
}

/** Beyond this, browsers refuse canvases. */
const TALLEST_DEVICE_PIXELS = 8192;

export class CanvasFrames {
  readonly root = document.createElement('canvas');
  #painting: Painting | undefined;
  #top = 0;
  #height = 0;

  constructor() {
    this.root.className = 'narrow';
    this.root.setAttribute('aria-hidden', 'true');
  }

  draw(painting: Painting, scrollTop: number, viewHeight: number): void {
    this.#painting = painting;
    const ratio = window.devicePixelRatio || 1;
    const whole = painting.rows * ROW;
    this.#height = Math.min(whole, Math.ceil(viewHeight * 3 / ROW) * ROW, Math.floor(TALLEST_DEVICE_PIXELS / ratio));
    this.#top = Math.max(0, Math.min(whole - this.#height, Math.floor((scrollTop - (this.#height - viewHeight) / 2) / ROW) * ROW));
    this.root.width = Math.max(1, Math.round(painting.width * ratio));
    this.root.height = Math.max(1, Math.round(this.#height * ratio));
    Object.assign(this.root.style, { top: `${this.#top}px`, width: `${painting.width}px`, height: `${this.#height}px` });
    const context = this.root.getContext('2d');
    if (context === null) return;
    context.setTransform(ratio, 0, 0, ratio, 0, -this.#top * ratio);
    this.#paint(context, painting);
  }

  /** Paints other rows when these are needed. */
  scrolled(scrollTop: number, viewHeight: number): void {
    const painting = this.#painting;
    if (painting === undefined) return;
    const whole = painting.rows * ROW;
    if (scrollTop >= this.#top && Math.min(whole, scrollTop + viewHeight) <= this.#top + this.#height) return;
    this.draw(painting, scrollTop, viewHeight);
  }

  #paint(context: CanvasRenderingContext2D, { tree, layout, zoom, rootsAbove, rows, limit, color, ink, font }: Painting): void {
    context.font = font;
    context.textBaseline = 'middle';
    const characterWidth = context.measureText('0').width;
    const zoomDepth = tree.depth[zoom] ?? 0;
    const [first, last] = [Math.floor(this.#top / ROW), Math.ceil((this.#top + this.#height) / ROW)];
    for (let row = Math.max(0, first); row < Math.min(rows, last); row += 1) {
      const depth = rootsAbove ? row : rows - 1 - row;
      const y = row * ROW;
      context.globalAlpha = depth < zoomDepth ? 0.5 : 1;
      for (const index of layout.rows[depth] ?? []) {
        const [left, width] = [layout.lefts[index] ?? 0, layout.widths[index] ?? 0];
        const node = layout.nodes[index] ?? 0;
        if (isElement(width, depth, limit)) continue;
        context.fillStyle = color(node);
        // A gap of a pixel, as long as something remains.
        context.fillRect(left, y, width > 3 ? width - 1 : width * 0.8, ROW - 1);
        if (width >= LABEL_WIDTH) label(context, tree.functions[tree.fn[node] ?? 0]?.name ?? '', left, y, width, characterWidth, ink);
      }
    }
  }
}

function label(context: CanvasRenderingContext2D, name: string, left: number, y: number, width: number, characterWidth: number, ink: string): void {
  const room = Math.floor((width - 9) / characterWidth);
  context.fillStyle = ink;
  context.fillText(name.length <= room ? name : `${name.slice(0, Math.max(0, room - 1))}\u2026`, left + 4, y + ROW / 2);
}
