/** Pixels of the graph. */

/** Height of a frame with the gap to the next. */
export const ROW = 18;
/** Narrower frames are not drawn, but counted. */
export const MIN_WIDTH = 0.35;
/** Frames narrower than this have no name on them. */
export const LABEL_WIDTH = 35;
/** Rows from the root in which wide frames are elements of the document; below, they are painted like narrow ones. */
export const DEEPEST_ELEMENT = 600;

/** Whether d3-flame-graph draws a frame: it is at least `limit` pixels wide and not too deep. */
export function isElement(width: number, depth: number, limit: number): boolean {
  return width >= limit && depth <= DEEPEST_ELEMENT;
}
