/** Types and global variables of modules: what the second argument of `@cast` and `@var` names. */
import type { AddressSpace } from '@stapkit/object';
import { parseCType, parseTypeName, type CType, type ModuleTypes, type NamedTypes } from '../c-types.js';
import type { Surroundings } from '../family.js';
import type { DebugProgram } from './debug-program.js';

/** @param own the probe's own program; undefined where a probe has none */
export function moduleTypes(own: DebugProgram | undefined, around: Surroundings): ModuleTypes {
  const { target, lookup } = around;
  return {
    find(typeText, modules) {
      if (modules === undefined) return own === undefined ? unknown(typeText, 'the probe has no program') : parseTypeName(typeText, typesOf(own, lookup.charIsSigned));
      const reasons: string[] = [];
      for (const module of modules.split(':')) {
        const found = findIn(module, typeText);
        if (found.kind !== 'unknown') return found;
        reasons.push(found.why);
      }
      return unknown(typeText, reasons.join('; '));
    },
    isOwn: (modules) => own !== undefined && modules.split(':').some((one) => (one === 'kernel' ? around.debug.isKernel(own.dwarf) : around.debug.program(one) === own)),
    spaceOf: (type): AddressSpace => (type.kind === 'btf' || (type.kind === 'dwarf' && around.debug.isKernel(type.dwarf)) ? 'kernel' : 'user'),
  };

  function findIn(module: string, typeText: string): CType {
    if (module === 'kernel' || module === '<vmlinux.h>' || /^kernel<.*>$/.test(module)) return parseCType(typeText, lookup);
    const btf = /^\w+$/.test(module) ? target.moduleBtf?.(module) : undefined;
    if (btf !== undefined) return parseCType(typeText, { ...lookup, btf });
    const header = /^<(.+)>$/.exec(module)?.[1];
    const opened = header === undefined ? around.debug.program(module) : around.debug.header(header);
    if (typeof opened === 'string') return unknown(typeText, opened);
    return parseTypeName(typeText, typesOf(opened, target.arch === 'x86_64'));
  }
}

const unknown = (name: string, why: string): CType => ({ kind: 'unknown', name, why });

function typesOf({ dwarf, from }: Pick<DebugProgram, 'dwarf' | 'from'>, charIsSigned: boolean): NamedTypes {
  return {
    charIsSigned,
    find(keyword, name) {
      const found = keyword === 'struct' ? dwarf.findType(name, 'struct', 'class') : keyword === undefined
        ? (dwarf.findType(name, 'typedef') ?? dwarf.findType(name, 'struct', 'class', 'union', 'enum', 'base'))
        : dwarf.findType(name, keyword);
      return found === undefined ? undefined : { kind: 'dwarf', dwarf, id: found.id };
    },
    missing: (name) => `the debug information of ${from} has no type '${name}'`,
  };
}
