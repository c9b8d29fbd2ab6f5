/** What --monitor shows of a session and does to it: globals, times of probes, probes that are off. */
import { OFF_PROBES, timingGlobal, type ObjectMetadata } from '@stapkit/object';
import type { HostProgram } from '../host/program.js';
import type { ProbeTime } from './options.js';
import { probeTimes } from './probe-times.js';

export interface MonitoredProbe extends ProbeTime {
  /** The probe point; for one program at many places, as the script has it. */
  readonly name: string;
  readonly on: boolean;
}

export class SessionMonitor {
  readonly #program: HostProgram;
  readonly #metadata: ObjectMetadata;
  readonly #off: number;

  constructor(program: HostProgram, metadata: ObjectMetadata) {
    this.#program = program;
    this.#metadata = metadata;
    this.#off = metadata.globals.findIndex(({ name }) => name === OFF_PROBES);
  }

  /** Whether the script was compiled for it: times are kept, and probes can be off. */
  get isPossible(): boolean {
    return this.#off >= 0;
  }

  /** Bytes of all maps, as large as they can become. */
  get mapBytes(): number {
    return this.#metadata.maps.reduce((sum, { type, keyBytes, valueBytes, maxEntries }) => sum + (type === 'ringbuf' ? maxEntries : (keyBytes + valueBytes) * maxEntries), 0);
  }

  /** The script's own, with their values; of arrays how many elements they have. Texts are byte strings. */
  globals(): readonly { readonly name: string; readonly value: string | bigint }[] {
    return this.#metadata.globals.flatMap((global, id): { name: string; value: string | bigint }[] => {
      if (!/^[A-Za-z_]\w*$/.test(global.name)) return []; // ours
      if (global.kind === 'array') return [{ name: global.name, value: `[${this.#program.array(id).entries().length} elements]` }];
      if (global.kind === 'stat') return [{ name: global.name, value: `count ${this.#program.scalarStatistic(id).read().count}` }];
      return [{ name: global.name, value: this.#program.scalar(id).load() }];
    });
  }

  probes(): readonly MonitoredProbe[] {
    return probeTimes(this.#program, this.#metadata).map((time) => {
      const { name = '', point = '', attach } = this.#metadata.probes[time.probe] ?? {};
      return { ...time, name: attach !== undefined && 'members' in attach ? point : name, on: !this.#program.array(this.#off).has([BigInt(time.probe)]) };
    });
  }

  /** Handlers of a probe that is off return at once. */
  toggle(probe: number): void {
    const off = this.#program.array(this.#off);
    if (off.has([BigInt(probe)])) off.delete([BigInt(probe)]);
    else off.set([BigInt(probe)], 1n);
  }

  /** All on, or all off. */
  toggleAll(on: boolean): void {
    for (const { probe, on: isOn } of this.probes()) if (isOn !== on) this.toggle(probe);
  }

  /** Globals have their initial values again, arrays and statistics are empty; times of probes stay. */
  reset(): void {
    const times = new Set(this.#metadata.probes.map((_, probe) => timingGlobal(probe)));
    this.#metadata.globals.forEach((global, id) => {
      if (global.name === OFF_PROBES || times.has(global.name)) return;
      if (global.kind === 'array') this.#program.array(id).clear();
      else if (global.kind === 'stat') this.#program.scalarStatistic(id).clear();
      else this.#program.scalar(id).store(global.initial);
    });
  }
}
