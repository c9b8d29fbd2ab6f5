/** What a session in the background and who attaches to it say to each other: frames of a kind, a 32-bit length and that many bytes. */

export const FRAME = {
  /** To the session. */
  attach: 1,
  /** As Ctrl-C: end it; a second one leaves the end probes out. */
  stop: 2,
  /** End it if nobody is attached. */
  remove: 3,
  /** To stapkit-run of another machine: options as JSON, then the object to run. */
  options: 4,
  object: 5,
  /** From the session. */
  output: 10,
  message: 11,
  /** Somebody else is attached. */
  busy: 12,
  /** It is over; one byte, the exit status. */
  ended: 13,
} as const;

export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

export interface Frame {
  readonly kind: number;
  readonly bytes: Buffer;
}

const HEAD_BYTES = 5;

export function encodeFrame(kind: FrameKind, bytes: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt8(kind, 0);
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** Frames of bytes that come in pieces. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that are whole now. */
  push(chunk: Buffer): readonly Frame[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    while (this.#rest.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + this.#rest.readUInt32LE(1);
      if (this.#rest.length < end) break;
      frames.push({ kind: this.#rest.readUInt8(0), bytes: this.#rest.subarray(HEAD_BYTES, end) });
      this.#rest = this.#rest.subarray(end);
    }
    return frames;
  }
}
