/**
 * Ids of entries (DIEs) as numbers, unique in one open Dwarf, and the same each
 * time that a file is opened with the same companions: which section, and the
 * offset in it. Types share them; id 0 is `void`.
 */
import { DebugInfoError } from '../errors.js';

const OFFSET_LIMIT = 2 ** 34;
/** C's arrays of arrays are one entry: the dimensions after the first are numbered here. */
const DIMENSION_LIMIT = 16;
const PART_LIMIT = 2 ** 15;
const PART_SCALE = OFFSET_LIMIT * DIMENSION_LIMIT;

/** Sections with entries: the file's own, those of its supplementary file, of its .dwp, and of each .dwo. */
export const PART_INFO = 0;
export const PART_TYPES = 1;
export const PART_SUPPLEMENTARY = 2;
export const PART_PACKAGE = 4;
export const PART_FIRST_SPLIT = 6;

export function dieId(part: number, offset: number): number {
  if (part >= PART_LIMIT) throw new DebugInfoError('.debug_info', 0, `more than ${(PART_LIMIT - PART_FIRST_SPLIT) / 2} .dwo files; put them into a .dwp package`);
  if (offset >= OFFSET_LIMIT) throw new DebugInfoError('.debug_info', offset, 'an offset beyond 16 GiB');
  return part * PART_SCALE + offset;
}

export const partOf = (id: number): number => Math.floor(id / PART_SCALE);
export const offsetOf = (id: number): number => id % OFFSET_LIMIT;
export const dimensionOf = (id: number): number => Math.floor(id / OFFSET_LIMIT) % DIMENSION_LIMIT;
/** The entry itself. */
export const withoutDimension = (id: number): number => id - dimensionOf(id) * OFFSET_LIMIT;

/** The array type that is left of an array type when its first `dimension` indexes are given. */
export function arrayDimensionId(id: number, dimension: number): number {
  if (dimension >= DIMENSION_LIMIT) throw new DebugInfoError('.debug_info', offsetOf(id), `an array of more than ${DIMENSION_LIMIT} dimensions`);
  return withoutDimension(id) + dimension * OFFSET_LIMIT;
}

/** "0x1234", or "0x1234 of .debug_types" for errors. */
export const describeId = (id: number): string => `0x${offsetOf(id).toString(16)}`;
