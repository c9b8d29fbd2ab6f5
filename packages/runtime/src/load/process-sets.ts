/** The sets of processes that an object's trackers keep: which file is meant, and who is in a set from the start. */
import type { ObjectMetadata, ProcessSet } from '@stapkit/object';
import { AttachError } from '../attach/attach-error.js';
import type { BpfMap } from '../bpf/map.js';
import type { Kernel } from '../sys/kernel.js';
import { hierarchyOf, listProcesses, runsProgram } from '../sys/processes.js';
import { LoadError } from './load-error.js';

/** Tells the trackers by what they know the files. Before they are attached. */
export function identifyFiles(kernel: Kernel, metadata: ObjectMetadata, maps: ReadonlyMap<string, BpfMap>): void {
  for (const { program } of metadata.processSets ?? []) {
    if (program === undefined) continue;
    const identity = kernel.fileIdentity(program.path);
    if (identity === undefined) throw new AttachError(`process("${program.path}")`, `there is no file ${program.path}`, 'was it moved or removed after the script was compiled?');
    const memory = maps.get(metadata.globalsMap)?.memory;
    if (memory === undefined) throw new LoadError('the globals map is not mapped: this is a stapkit bug, please report it');
    const words = new DataView(memory);
    words.setBigUint64(program.identityOffset, identity.device, true);
    words.setBigUint64(program.identityOffset + 8, identity.inode, true);
  }
}

/**
 * Puts in the processes that are there. When the trackers are attached, so that none is missed between; a process that
 * changed meanwhile is looked at once more, and the trackers see every later change.
 */
export function fillProcessSets(kernel: Kernel, metadata: ObjectMetadata, maps: ReadonlyMap<string, BpfMap>, target: number | undefined): void {
  const sets = metadata.processSets ?? [];
  if (sets.length === 0) return;
  const all = listProcesses(kernel);
  const ofTarget = target === undefined ? new Set<number>() : hierarchyOf(target, all);
  for (const set of sets) {
    const map = maps.get(set.map);
    if (map === undefined) throw new LoadError(`the object has no map "${set.map}": this is a stapkit bug, please report it`);
    const isMember = (pid: number): boolean => belongs(kernel, set, pid, ofTarget);
    for (const { pid } of all) {
      if (!isMember(pid)) continue;
      map.update(keyOf(pid), new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]), 'any');
      if (!isMember(pid)) map.delete(keyOf(pid));
    }
  }
}

function belongs(kernel: Kernel, { program }: ProcessSet, pid: number, ofTarget: ReadonlySet<number>): boolean {
  if (program !== undefined) return runsProgram(kernel, pid, program.path);
  return ofTarget.has(pid) && kernel.isSameFile(`/proc/${pid}/exe`, `/proc/${pid}/exe`);
}

function keyOf(pid: number): Uint8Array {
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, pid, true);
  return key;
}
