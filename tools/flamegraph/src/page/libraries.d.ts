/** The parts of the page's libraries that it uses; they bring no types. */
declare module 'd3-flame-graph' {
  interface FlameGraphNode<Data> { readonly data: Data }
  interface FlameGraph<Data> {
    (selection: import('d3-selection').Selection<Data>): void;
    width(pixels: number): this;
    height(pixels: number): this;
    cellHeight(pixels: number): this;
    transitionDuration(milliseconds: number): this;
    inverted(rootsAbove: boolean): this;
    setColorMapper(color: (node: FlameGraphNode<Data>, usual: string) => string): this;
    setLabelHandler(label: (node: FlameGraphNode<Data>) => string): this;
    tooltip(tip: () => void): this;
    update(data?: Data): this;
  }
  export default function flamegraph<Data>(): FlameGraph<Data>;
}
declare module 'd3-selection' {
  interface Selection<Data> {
    datum(data: Data): Selection<Data>;
    selectAll(selector: string): Selection<unknown>;
    /** Of d3-transition, which d3-flame-graph brings along. */
    interrupt(): this;
  }
  export function select<Data>(element: Element): Selection<Data>;
}
declare module 'd3-timer' {
  /** Runs what is due at once instead of in the next frame. */
  export function timerFlush(): void;
}
/** Bundled beside the script. */
declare module '*.css';
