import { decodeMetadata, readBpfObject, type ObjectMetadata } from '@stapkit/object';

/** Metadata of an object file; undefined when it is not one of ours (running it then says why). */
export function metadataOf(bytes: Uint8Array): ObjectMetadata | undefined {
  try {
    const text = readBpfObject(bytes).metadata;
    return text === undefined ? undefined : decodeMetadata(text);
  } catch {
    return undefined;
  }
}
