#!/usr/bin/env node
/**
 * node load-objects.mjs FOLDER: gives each object of the folder to this machine's verifier, by its best way of attaching
 * and, where it has one, by kprobes and raw tracepoints too. Attaches nothing. Prints JSON: for each object, the instructions
 * that the verifier looked at, or why it refused.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { linuxKernel, loadObject } from '@stapkit/runtime';

const BPF_PROG_LOAD = 5;
const BPF_LOG_STATS = 4;
const LOG_BYTES = 65_536;

/** A kernel whose verifier tells how much it did, added up in `counts`. */
function countingKernel(counts) {
  const real = linuxKernel();
  return new Proxy(real, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (name !== 'bpf') return typeof value === 'function' ? value.bind(target) : value;
      return (command, attributes) => {
        const view = new DataView(attributes.buffer, attributes.byteOffset, attributes.byteLength);
        if (command !== BPF_PROG_LOAD || view.getUint32(24, true) !== 0) return target.bpf(command, attributes);
        const log = Buffer.alloc(LOG_BYTES);
        view.setUint32(24, BPF_LOG_STATS, true);
        view.setUint32(28, LOG_BYTES, true);
        view.setBigUint64(32, target.address(log), true);
        const result = target.bpf(command, attributes);
        for (const offset of [24, 28]) view.setUint32(offset, 0, true);
        view.setBigUint64(32, 0n, true);
        const processed = /processed (\d+) insns/.exec(log.toString('latin1'));
        if (result >= 0) counts.push({ instructions: view.getUint32(4, true), verified: Number(processed?.[1] ?? 0) });
        return result;
      };
    },
  });
}

function load(bytes, avoidKinds) {
  const counts = [];
  try {
    loadObject(countingKernel(counts), bytes, { avoidKinds, wholeLog: true, forTarget: true }).close();
  } catch (error) {
    return { error: `${error.name}: ${error.message}`.slice(-4000) };
  }
  const sum = (key) => counts.reduce((total, one) => total + one[key], 0);
  return { programs: counts.length, instructions: sum('instructions'), verified: sum('verified') };
}

const [folder] = process.argv.slice(2);
const results = {};
for (const file of readdirSync(folder).filter((name) => name.endsWith('.o')).sort()) {
  const bytes = readFileSync(join(folder, file));
  results[file.slice(0, -2)] = { best: load(bytes, new Set()), fallback: load(bytes, new Set(['fentry', 'fexit', 'tp_btf'])) };
}
process.stdout.write(`${JSON.stringify(results)}\n`);
