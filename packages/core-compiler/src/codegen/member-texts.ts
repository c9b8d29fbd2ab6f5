/** The names of probe points that share a program, for handlers that do more with them than print them: an array map, by the attach cookie. */
import type { IrProgram, MapMetadata, ObjectMetadata } from '@stapkit/object';
import { textSlotBytes } from './text-layout.js';

export class MemberTexts {
  readonly #members: NonNullable<IrProgram['members']>;
  readonly #stringLimit: number;
  #layout: ObjectMetadata['memberTexts'];

  constructor({ members }: IrProgram, stringLimit: number) {
    this.#members = members ?? [];
    this.#stringLimit = stringLimit;
  }

  /** Called by the first handler that wants them. */
  readonly use = (): NonNullable<ObjectMetadata['memberTexts']> => {
    const slot = (text: (member: NonNullable<IrProgram['members']>[number]) => string): number => textSlotBytes(Math.min(this.#stringLimit, this.#members.reduce((most, one) => Math.max(most, text(one).length + 1), 8)));
    return (this.#layout ??= { map: 'member_texts', nameBytes: slot(({ name }) => name), functionBytes: slot((one) => one.function) });
  };

  get layout(): ObjectMetadata['memberTexts'] {
    return this.#layout;
  }

  get maps(): readonly MapMetadata[] {
    const layout = this.#layout;
    return layout === undefined ? [] : [{ name: layout.map, type: 'array', keyBytes: 4, valueBytes: layout.nameBytes + layout.functionBytes, maxEntries: this.#members.length, flags: 0 }];
  }
}
