/** Where readers get sections from: an ElfFile, or bytes that a test assembled. */
export interface DebugSections {
  /** Contents by the name with ".debug_", decompressed and relocated; undefined: the file has no such section, or no contents for it. */
  debugSection(name: string): Uint8Array | undefined;
}
