/** Packed texts, made into what they stand for where the host reads them; see packed-text.ts of @stapkit/object. */
import { packText, unpackText } from '@stapkit/object';
import type { PackedText } from '@stapkit/object';

export class PackedTexts {
  readonly #make: (packed: PackedText) => string;
  readonly #texts = new Map<string, string>();
  readonly #packed = new Map<string, string[]>();

  constructor(make: (packed: PackedText) => string) {
    this.#make = make;
  }

  /** A text that is not packed as it is. */
  readonly unpack = (text: string): string => {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const packed = unpackText(text);
    if (packed === undefined) return text;
    const made = this.#make(packed);
    this.#texts.set(text, made);
    const same = this.#packed.get(made);
    if (same === undefined) this.#packed.set(made, [packText(packed)]);
    else same.push(packText(packed));
    return made;
  };

  /** The packed texts met so far that stand for this text; none: itself. */
  forms(text: string): readonly string[] {
    return this.#packed.get(text) ?? [text];
  }
}
