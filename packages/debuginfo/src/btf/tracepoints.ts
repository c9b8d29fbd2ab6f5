/**
 * Tracepoints in BTF: for each, the kernel's headers make a typedef
 * `btf_trace_NAME` of `void (*)(void *__data, TP_PROTO…)` (since 5.5), whose
 * parameters have no names, and since 5.10 a function `__traceiter_NAME` with
 * the same parameters and their names (include/linux/tracepoint.h).
 */
import type { Btf } from './btf.js';
import { listNames } from './functions.js';
import type { BtfFuncProto, BtfTracepoint } from './types.js';

const TYPEDEF_PREFIX = 'btf_trace_';

export function listTracepoints(btf: Btf, glob: string | undefined): string[] {
  return listNames(btf, 'typedef', TYPEDEF_PREFIX, glob).map(({ name }) => name);
}

export function tracepointByName(btf: Btf, name: string): BtfTracepoint | undefined {
  const typedef = btf.findByName(`${TYPEDEF_PREFIX}${name}`, 'typedef');
  if (typedef === undefined) return undefined;
  const prototype = prototypeBehind(btf, typedef.id);
  if (prototype === undefined) return undefined;
  const iterator = btf.function(`__traceiter_${name}`);
  const named = iterator?.parameters.length === prototype.parameters.length ? iterator.parameters : prototype.parameters;
  return { name, typedefId: typedef.id, parameters: named.slice(1) };
}

function prototypeBehind(btf: Btf, id: number): BtfFuncProto | undefined {
  const pointer = btf.resolve(id);
  const prototype = pointer.kind === 'ptr' ? btf.resolve(pointer.typeId) : undefined;
  return prototype?.kind === 'func_proto' ? prototype : undefined;
}
