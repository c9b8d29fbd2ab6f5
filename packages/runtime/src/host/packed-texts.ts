/** Packed texts, made into what they stand for where the host reads them; see packed-text.ts of @stapkit/object. */
import { unpackParts } from '@stapkit/object';
import type { PackedText } from '@stapkit/object';

export class PackedTexts {
  readonly #make: (packed: PackedText) => string;
  readonly #texts = new Map<string, string>();
  readonly #packed = new Map<string, string[]>();

  constructor(make: (packed: PackedText) => string) {
    this.#make = make;
  }

  /** A text in which nothing is packed as it is. */
  readonly unpack = (text: string): string => {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const parts = unpackParts(text);
    if (parts === undefined) return text;
    const made = parts.map((part) => (typeof part === 'string' ? part : this.#make(part))).join('');
    this.#texts.set(text, made);
    const same = this.#packed.get(made);
    if (same === undefined) this.#packed.set(made, [text]);
    else same.push(text);
    return made;
  };

  /** The packed texts met so far that stand for this text; none: itself. */
  forms(text: string): readonly string[] {
    return this.#packed.get(text) ?? [text];
  }
}
