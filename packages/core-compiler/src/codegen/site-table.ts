/** The print sites of the object: the program's own, then one for each distinct use in kernel handlers. */
import type { IrProgram, IrSite, PrintArgument, SiteMetadata, SourceLocation } from '@stapkit/object';
import { encodeMetadata } from '@stapkit/object';
import type { EntryShape } from './print-entry.js';
import { leafEncodings } from './print-entry.js';

export class SiteTable {
  readonly sites: SiteMetadata[];
  readonly #known = new Map<string, number>();

  /** Host bodies name sites by their number in the program: these stay as they are. */
  constructor(program: IrProgram) {
    this.sites = [...program.sites];
  }

  /** A use of `site` whose entries have this shape. */
  forPrint(site: IrSite, shape: EntryShape, probe: number): number {
    return this.#add({ ...site, leaves: leafEncodings(shape), args: shape.args, probe });
  }

  forError(pieces: IrSite['pieces'], leaves: SiteMetadata['leaves'], args: readonly PrintArgument[], location: SourceLocation | undefined, probe: number): number {
    return this.#add({ kind: 'error', pieces, ...(leaves === undefined ? {} : { leaves }), args, ...(location === undefined ? {} : { location }), probe });
  }

  forExit(probe: number): number {
    return this.#add({ kind: 'exit', pieces: [], leaves: [], args: [], probe });
  }

  #add(site: SiteMetadata): number {
    const key = encodeMetadata(site as never);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.sites.push(site);
    this.#known.set(key, this.sites.length - 1);
    return this.sites.length - 1;
  }
}
