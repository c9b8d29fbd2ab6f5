/**
 * The one error of this package: bytes that are not what their format says, or
 * that use a part of the format which is not supported. Everything that reads
 * bytes throws this and nothing else, whatever the bytes are.
 */
export class DebugInfoError extends Error {
  override readonly name = 'DebugInfoError';
  /** ".BTF", "ELF header", ".symtab": what was being read. */
  readonly section: string;
  /** Bytes from the start of that section. */
  readonly offset: number;
  /** The message without the place. */
  readonly detail: string;

  constructor(section: string, offset: number, detail: string) {
    super(`${section}+0x${offset.toString(16)}: ${detail}`);
    this.section = section;
    this.offset = offset;
    this.detail = detail;
  }
}
