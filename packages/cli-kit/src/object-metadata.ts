import { checkSeal, decodeMetadata, readBpfObject, type ObjectMetadata } from '@stapkit/object';

/** Metadata of an object file; undefined when it is not one of ours, or not as it was written (running it then says why). */
export function metadataOf(bytes: Uint8Array): ObjectMetadata | undefined {
  try {
    if (checkSeal(bytes) !== 'whole') return undefined;
    const text = readBpfObject(bytes).metadata;
    return text === undefined ? undefined : decodeMetadata(text);
  } catch {
    return undefined;
  }
}
