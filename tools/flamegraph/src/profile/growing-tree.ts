/** A tree of functions that is made call by call, before its nodes are put in order (call-tree.ts). */

/** A column that grows. */
function grown<Column extends Int32Array | Float64Array>(column: Column, make: (length: number) => Column): Column {
  const larger = make(column.length * 2);
  larger.set(column);
  return larger;
}

const integers = (length: number): Int32Array => new Int32Array(length);
const floats = (length: number): Float64Array => new Float64Array(length);

export interface GrownColumns {
  readonly fn: Int32Array;
  /** -1 for the root. */
  readonly parent: Int32Array;
  readonly self: Float64Array;
  readonly otherSelf: Float64Array;
}

/** Its nodes are in the order of their making: a parent before its children. */
export class GrowingTree {
  #size = 1;
  #fn: Int32Array;
  #parent: Int32Array;
  #self: Float64Array;
  #otherSelf: Float64Array;
  /** By node: the first of the frames merged in it, and its weight. */
  #frame: Int32Array;
  #frameWeight: Float64Array;
  /** Of nodes with several frames: the weight of each. */
  readonly #merged = new Map<number, Map<number, number>>();
  /** Nodes by parent and function; -1 where there is none. */
  #slots: Int32Array;

  /** @param expected how many nodes there will be, more or less */
  constructor(root: number, expected: number) {
    const length = Math.max(64, expected + 64);
    [this.#fn, this.#parent, this.#frame] = [integers(length), integers(length), integers(length)];
    [this.#self, this.#otherSelf, this.#frameWeight] = [floats(length), floats(length), floats(length)];
    this.#slots = integers(2 ** Math.ceil(Math.log2(length * 2))).fill(-1);
    this.#fn[0] = root;
    this.#parent[0] = this.#frame[0] = -1;
  }

  /** The node of a function that another one calls, made when there is none. @param weight of the frame among those that become one node */
  child(node: number, fn: number, frame: number, weight: number): number {
    let slot = this.#home(node, fn);
    for (let id = this.#slots[slot] ?? -1; id >= 0; id = this.#slots[slot] ?? -1) {
      if (this.#parent[id] === node && this.#fn[id] === fn) {
        this.#addFrame(id, frame, weight);
        return id;
      }
      slot = (slot + 1) & (this.#slots.length - 1);
    }
    if (this.#size === this.#fn.length) this.#grow();
    const id = this.#size;
    this.#size += 1;
    this.#fn[id] = fn;
    this.#parent[id] = node;
    this.#frame[id] = frame;
    this.#frameWeight[id] = weight;
    this.#slots[slot] = id;
    if (this.#size * 2 > this.#slots.length) this.#rehash();
    return id;
  }

  addSelf(node: number, self: number, other: number): void {
    this.#self[node] = (this.#self[node] ?? 0) + self;
    this.#otherSelf[node] = (this.#otherSelf[node] ?? 0) + other;
  }

  columns(): GrownColumns {
    const size = this.#size;
    return { fn: this.#fn.subarray(0, size), parent: this.#parent.subarray(0, size), self: this.#self.subarray(0, size), otherSelf: this.#otherSelf.subarray(0, size) };
  }

  /** -1 for none. */
  heaviestFrame(node: number): number {
    const merged = this.#merged.get(node);
    if (merged === undefined) return this.#frame[node] ?? -1;
    let [heaviest, most] = [-1, -1];
    for (const [frame, weight] of merged) if (weight > most) [heaviest, most] = [frame, weight];
    return heaviest;
  }

  frameCount(node: number): number {
    return this.#merged.get(node)?.size ?? ((this.#frame[node] ?? -1) < 0 ? 0 : 1);
  }

  #addFrame(node: number, frame: number, weight: number): void {
    const first = this.#frame[node] ?? -1;
    const merged = this.#merged.get(node);
    if (merged !== undefined) merged.set(frame, (merged.get(frame) ?? 0) + weight);
    else if (first === frame) this.#frameWeight[node] = (this.#frameWeight[node] ?? 0) + weight;
    else this.#merged.set(node, new Map([[first, this.#frameWeight[node] ?? 0], [frame, weight]]));
  }

  #grow(): void {
    [this.#fn, this.#parent, this.#frame] = [grown(this.#fn, integers), grown(this.#parent, integers), grown(this.#frame, integers)];
    [this.#self, this.#otherSelf, this.#frameWeight] = [grown(this.#self, floats), grown(this.#otherSelf, floats), grown(this.#frameWeight, floats)];
  }

  #rehash(): void {
    this.#slots = integers(this.#slots.length * 2).fill(-1);
    for (let id = 1; id < this.#size; id += 1) {
      let slot = this.#home(this.#parent[id] ?? 0, this.#fn[id] ?? 0);
      while ((this.#slots[slot] ?? -1) >= 0) slot = (slot + 1) & (this.#slots.length - 1);
      this.#slots[slot] = id;
    }
  }

  #home(node: number, fn: number): number {
    const mixed = Math.imul(Math.imul(node, 0x9e3779b1) ^ fn, 0x85ebca6b);
    return (mixed ^ (mixed >>> 15)) & (this.#slots.length - 1);
  }
}
