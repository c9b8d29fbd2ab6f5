/** Opens an object on the running kernel. */
import type { Btf } from '@stapkit/debuginfo';
import { ElfError, OBJECT_FORMAT_VERSION, checkSeal, decodeMetadata, readBpfObject } from '@stapkit/object';
import type { BpfObject, MapMetadata, ObjectMetadata, ProgramKind } from '@stapkit/object';
import { AttachError } from '../attach/attach-error.js';
import type { Attachment } from '../attach/attachment.js';
import { openCounters } from '../attach/sampling.js';
import { checkBuildId } from '../attach/uprobe.js';
import { createMap } from '../bpf/create-map.js';
import type { BpfMap } from '../bpf/map.js';
import { RingBuffer } from '../events/ring-buffer.js';
import { MemoryMap } from '../host/memory-map.js';
import { possibleCpuCount } from '../sys/cpus.js';
import type { Kernel } from '../sys/kernel.js';
import { KernelTypes } from './kernel-types.js';
import { LoadError } from './load-error.js';
import type { AttachOutcome, LoadedObject, MissedHits, RecordSource } from './loaded-object.js';
import { fillProcessSets, identifyFiles } from './process-sets.js';
import { LoadedPlan } from './plan.js';
import { ProgramLoader } from './program-loader.js';

export interface LoadOptions {
  /** vmlinux's BTF, when the caller has it already. */
  readonly kernelTypes?: Btf;
  /** Put the verifier's whole log into the message of a VerifierError. */
  readonly wholeLog?: boolean;
  /** Size of the output ring buffer in bytes, instead of the object's; rounded up to a power of two of pages, as the kernel wants it. */
  readonly ringBytes?: number;
  /** Ways of attaching with programs of these kinds are passed over. */
  readonly avoidKinds?: ReadonlySet<ProgramKind>;
  /** Load what only a session with a target needs too, now and not when it is attached. */
  readonly forTarget?: boolean;
}

/**
 * Reads an object, creates its maps and loads its programs; attaches nothing. On an error nothing stays behind.
 *
 * Throws LoadError (not for this machine), VerifierError (our bug), AttachError (a probe that cannot be had by any
 * way), SyscallError (not permitted, no memory …).
 */
export function loadObject(kernel: Kernel, bytes: Uint8Array, options: LoadOptions = {}): LoadedObject {
  const { object, metadata } = readObject(bytes);
  checkMachine(kernel, metadata);
  checkBinaries(kernel, metadata);
  const resources = new Resources();
  try {
    return new KernelObject(kernel, object, metadata, resources, options);
  } catch (error) {
    resources.close();
    throw error;
  }
}

function readObject(bytes: Uint8Array): { object: BpfObject; metadata: ObjectMetadata } {
  let object: BpfObject;
  let seal: ReturnType<typeof checkSeal>;
  try {
    seal = checkSeal(bytes);
    // What was changed may be anything: it is not looked at.
    if (seal === 'changed') throw new LoadError('this object is not what stapkit wrote: its hash is that of other contents', 'copy it again, or compile the script again');
    object = readBpfObject(bytes);
  } catch (error) {
    if (error instanceof ElfError) throw new LoadError(`this is not an object that stapkit can run: ${error.message}`, 'make one with: stapkit -p4 -m NAME SCRIPT', error);
    if (error instanceof RangeError) throw new LoadError('this object is damaged', 'copy it again, or compile the script again', error);
    throw error;
  }
  if (object.metadata === undefined) throw new LoadError('this BPF object was not made by stapkit: it has no section .stapkit', 'make one with: stapkit -p4 -m NAME SCRIPT');
  let metadata: ObjectMetadata;
  try {
    metadata = decodeMetadata(object.metadata);
  } catch (error) {
    throw new LoadError('the section .stapkit of this object is damaged', 'compile the script again', error);
  }
  if (metadata.format !== OBJECT_FORMAT_VERSION) {
    const newer = metadata.format > OBJECT_FORMAT_VERSION;
    throw new LoadError(`the object has format ${metadata.format} (made by stapkit ${metadata.compiler}); this runtime reads format ${OBJECT_FORMAT_VERSION}`, newer ? 'update stapkit on this machine' : 'compile the script again');
  }
  if (seal === 'without hash') throw new LoadError('this object has no hash', 'compile the script again');
  return { object, metadata };
}

/** Programs that are probed are those that the script was compiled for, or not there at all (attaching says so). Before anything is loaded. */
function checkBinaries(kernel: Kernel, { programs, probes }: ObjectMetadata): void {
  const seen = new Set<string>();
  for (const { target, probes: served } of programs) {
    if (target.kind !== 'user-function' || target.buildId === undefined || seen.has(target.path)) continue;
    seen.add(target.path);
    checkBuildId({ kernel, programFd: -1, point: probes[served[0] ?? -1]?.point ?? target.path }, { path: target.path, buildId: target.buildId });
  }
}

function checkMachine(kernel: Kernel, metadata: ObjectMetadata): void {
  if (metadata.arch !== kernel.architecture) {
    throw new LoadError(`the object was compiled for ${metadata.arch}; this machine is ${kernel.architecture}`, `compile it again on (or for) ${kernel.architecture}`);
  }
  if (metadata.kernelBound && metadata.kernelRelease !== kernel.release) {
    throw new LoadError(`the script's choices (kernel_v, CONFIG_*, @defined …) were made for kernel ${metadata.kernelRelease}; this is ${kernel.release}`, 'compile the script again on this machine');
  }
}

/** What must be given back, the last first. */
class Resources {
  #closers: (() => void)[] = [];

  add<T extends { close(): void }>(resource: T): T {
    this.#closers.push(() => {
      resource.close();
    });
    return resource;
  }

  close(): void {
    const closers = this.#closers;
    this.#closers = [];
    for (const close of closers.reverse()) close();
  }
}

class KernelObject implements LoadedObject {
  readonly metadata: ObjectMetadata;
  readonly maps: ReadonlyMap<string, BpfMap>;
  readonly records: RecordSource | undefined;
  readonly possibleCpus: number;
  readonly #kernel: Kernel;
  readonly #resources: Resources;
  readonly #plans: LoadedPlan[] = [];
  #counters: Attachment | undefined;
  #missed: MissedHits = { runs: 0, returns: 0 };

  constructor(kernel: Kernel, object: BpfObject, metadata: ObjectMetadata, resources: Resources, options: LoadOptions) {
    this.metadata = metadata;
    this.#kernel = kernel;
    this.#resources = resources;
    this.possibleCpus = possibleCpuCount(kernel);
    const maps = new Map<string, BpfMap>();
    const here = arraysOfTheHost(object, metadata);
    for (const map of metadata.maps) maps.set(map.name, resources.add(here.has(map.name) ? new MemoryMap(map, this.possibleCpus) : createMap(kernel, sized(kernel, map, map.name === metadata.ringBuffer ? options.ringBytes : undefined), this.possibleCpus)));
    this.maps = maps;
    initializeGlobals(maps.get(metadata.globalsMap), object.globals);
    writeMemberTexts(metadata, maps);
    this.records = openRecords(kernel, metadata, maps, resources);
    const types = resources.add(new KernelTypes(kernel, options.kernelTypes));
    const loader = resources.add(new ProgramLoader({ kernel, object, maps, types, wholeLog: options.wholeLog ?? false }));
    metadata.plans.forEach((_, index) => {
      this.#plans.push(resources.add(new LoadedPlan({ kernel, metadata, loader, maps, forTarget: options.forTarget ?? false, ...(options.avoidKinds === undefined ? {} : { avoidKinds: options.avoidKinds }) }, index)));
    });
  }

  attach(options: { readonly targetPid?: number }): readonly AttachOutcome[] {
    try {
      this.#counters = openCounters(this.#kernel, this.metadata.counters ?? [], this.maps);
      identifyFiles(this.#kernel, this.metadata, this.maps);
      const plans = inScriptOrder(this.#plans);
      for (const plan of plans) plan.attachReturns(options.targetPid);
      const outcomes = attachPlans(plans, options.targetPid).sort((a, b) => a.plan - b.plan);
      fillProcessSets(this.#kernel, this.metadata, this.maps, options.targetPid);
      return outcomes;
    } catch (error) {
      this.detach();
      throw error;
    }
  }

  takeMissedHits(): MissedHits {
    const before = this.#missed;
    const all = this.#plans.map((plan) => plan.missedHits());
    this.#missed = { runs: all.reduce((sum, { runs }) => sum + runs, 0), returns: all.reduce((sum, { returns }) => sum + returns, 0) };
    return { runs: this.#missed.runs - before.runs, returns: this.#missed.returns - before.returns };
  }

  detach(): void {
    for (const plan of this.#plans) plan.detach();
    this.#counters?.close();
  }

  close(): void {
    this.#resources.close();
  }
}

/** What cannot be attached fails, unless it is of a wildcard: that means those that can. */
function attachPlans(plans: readonly LoadedPlan[], targetPid: number | undefined): AttachOutcome[] {
  const attached = new Map<string, AttachOutcome[]>();
  const failed: { readonly plan: LoadedPlan; readonly error: AttachError }[] = [];
  for (const plan of plans) {
    try {
      const outcome = plan.attach(targetPid);
      if (outcome !== undefined) attached.set(plan.written, [...(attached.get(plan.written) ?? []), outcome]);
    } catch (error) {
      if (!(error instanceof AttachError)) throw error;
      failed.push({ plan, error });
    }
  }
  for (const { plan, error } of failed) {
    const [first, ...others] = attached.get(plan.written) ?? [];
    if (first === undefined) throw error;
    attached.set(plan.written, [{ ...first, skipped: [...(first.skipped ?? []), ...plan.places] }, ...others]);
  }
  return [...attached.values()].flat();
}

/**
 * Handlers at one place run in the order of the script. Of kprobes, uprobes and trampolines at one place Linux runs the newest
 * first (kernel/kprobes.c, kernel/events/uprobes.c, kernel/bpf/trampoline.c: each is put before the others), of tracepoints the oldest.
 */
function inScriptOrder(plans: readonly LoadedPlan[]): readonly LoadedPlan[] {
  return [...plans.filter((plan) => !plan.newestRunsFirst), ...plans.filter((plan) => plan.newestRunsFirst).reverse()];
}

/**
 * Maps of arrays that no program in the kernel names: timers, begin and end alone use them. The kernel would make all their entries when
 * they are created, with keys of the longest text: 160 MB and two seconds for a report of stacks.
 */
function arraysOfTheHost({ elf }: BpfObject, { globals }: ObjectMetadata): ReadonlySet<string> {
  const named = new Set(elf.sections.flatMap(({ index }) => elf.relocations(index).map(({ symbol }) => symbol.name)));
  return new Set(globals.flatMap(({ storage }) => (storage.kind === 'hash' && !named.has(storage.map) ? [storage.map] : [])));
}

/** The ring buffer in the size that the caller wants. */
function sized(kernel: Kernel, map: MapMetadata, ringBytes: number | undefined): MapMetadata {
  if (map.type !== 'ringbuf' || ringBytes === undefined) return map;
  let bytes = kernel.pageSize;
  while (bytes < ringBytes) bytes *= 2;
  return { ...map, maxEntries: bytes };
}

/** Key 0 of the globals map starts as the object's data section says. */
function initializeGlobals(map: BpfMap | undefined, initial: Uint8Array | undefined): void {
  if (map === undefined || initial === undefined || initial.length === 0) return;
  if (initial.length > map.metadata.valueBytes) throw new LoadError(`the initial globals have ${initial.length} bytes, the map ${map.metadata.valueBytes}: this is a stapkit bug, please report it`);
  const value = new Uint8Array(map.metadata.valueBytes);
  value.set(initial);
  map.update(new Uint8Array(map.metadata.keyBytes), value, 'any');
}

/** The names by which handlers tell members of one probe apart. */
function writeMemberTexts({ members, memberTexts }: ObjectMetadata, maps: ReadonlyMap<string, BpfMap>): void {
  const map = memberTexts === undefined ? undefined : maps.get(memberTexts.map);
  if (map === undefined || memberTexts === undefined) return;
  const { nameBytes, functionBytes } = memberTexts;
  members?.forEach((member, index) => {
    const value = new Uint8Array(nameBytes + functionBytes);
    value.set(Buffer.from(member.name.slice(0, nameBytes - 1), 'latin1'));
    value.set(Buffer.from(member.function.slice(0, functionBytes - 1), 'latin1'), nameBytes);
    map.update(new Uint8Array(Uint32Array.of(index).buffer), value, 'any');
  });
}

function openRecords(kernel: Kernel, metadata: ObjectMetadata, maps: ReadonlyMap<string, BpfMap>, resources: Resources): RingBuffer | undefined {
  if (metadata.ringBuffer === undefined) return undefined;
  const map = maps.get(metadata.ringBuffer);
  if (map === undefined) throw new LoadError(`the object has no map "${metadata.ringBuffer}": this is a stapkit bug, please report it`);
  return resources.add(RingBuffer.open(kernel, map.fd, map.metadata.maxEntries));
}
