/** What a handler's code generation shares with the rest of the object. */
import type { IrProgram, Limits, ObjectMetadata, SourceLocation } from '@stapkit/object';
import type { AssembledCode } from '../bpf/index.js';
import type { Architecture, TargetFeatures } from '../target/index.js';
import type { CoreTypes } from './core-types.js';
import type { ProbeContext } from './probe-context.js';
import type { RefusalCode } from './refusals.js';
import type { SiteTable } from './site-table.js';
import type { StoragePlan } from './storage.js';
import type { WalkTable } from './walk-table.js';

/** A function of `.text`. */
export interface Subprogram {
  readonly symbol: string;
  readonly code: AssembledCode;
  readonly parameters: readonly string[];
  /** A global function is verified by itself, with numbers of any value for its parameters. Default: static. */
  readonly linkage?: 'static' | 'global';
}

export interface HandlerEnvironment {
  readonly program: IrProgram;
  readonly storage: StoragePlan;
  readonly limits: Limits;
  readonly features: TargetFeatures;
  readonly arch: Architecture;
  /** User stacks can be walked by unwind rows. */
  readonly unwinds: boolean;
  readonly sites: SiteTable;
  readonly core: CoreTypes;
  /** Index of the probe, for error sites. */
  readonly probe: number;
  readonly probeContext: ProbeContext;
  /** Of the program; subprograms' names start with it. */
  readonly symbol: string;
  readonly recordBytes: number;
  readonly subprograms: Subprogram[];
  readonly walks: WalkTable;
  /** Where the texts of probe points are that share a program; the map is made when it is first asked for. */
  memberTexts(): NonNullable<ObjectMetadata['memberTexts']>;
  /** The map of captured stacks, made when it is first asked for. */
  stacks(): string;
  /** Maps of performance counters, by name. */
  readonly counters: ReadonlyMap<string, string>;
  /** Makes a subprogram when it is first wanted; gives its name. */
  subprogram(symbol: string, make: () => Subprogram): string;
  /** The script asks for something that BPF cannot do. */
  refuse(code: RefusalCode, message: string, location: SourceLocation | undefined, hint?: string): void;
  /** Name of the subprogram that sends the context's record; made when first used. */
  flushSymbol(): string;
  /** Name of the subprogram that deletes all entries of the array map `map`. */
  clearSymbol(): string;
}
