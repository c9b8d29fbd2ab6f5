/** The object's format: what compiler and runtime share. The IR, the metadata section, the record layout, print formats, the ELF file. Imports nothing of ours. */
export type * from './ir.js';
export { INTRINSICS } from './intrinsics.js';
export type { Intrinsic } from './intrinsics.js';
export { SESSION, SESSION_STATE } from './records.js';
export type { LeafEncoding } from './records.js';
export { DEFAULT_LIMITS, METADATA_SECTION, OBJECT_FORMAT_VERSION, decodeMetadata, encodeMetadata } from './metadata.js';
export type { AttachPlan, GlobalStorage, Limits, MapMetadata, ObjectMetadata, ProbeMetadata, ProgramKind, ProgramMetadata, SiteMetadata, StatLayout } from './metadata.js';
