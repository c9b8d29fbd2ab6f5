/** The running kernel's BTF, compared with what bpftool reads in it. */
import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { hasTool, run } from '../testing/host-tools.test-support.js';
import { Btf } from './btf.js';
import { relocateCore } from './core-relocation.js';
import type { BtfType } from './types.js';

const PATH = '/sys/kernel/btf/vmlinux';
const isReadable = existsSync(PATH);
const bytes = isReadable ? readFileSync(PATH) : new Uint8Array();
const whenReadable = isReadable ? describe : describe.skip;

whenReadable('the running kernel', () => {
  const btf = Btf.parse(bytes);

  test('a function has its parameters', () => {
    const found = btf.function('vfs_read')!;
    expect(found.parameters.map(({ name, typeId }) => `${name}:${btf.typeName(typeId)}`)).toEqual(['file:struct file*', 'buf:char*', 'count:size_t', 'pos:loff_t*']);
    expect(btf.typeName(found.returnTypeId)).toBe('ssize_t');
  });

  test('a tracepoint has its parameters', () => {
    const parameters = btf.tracepoint('sched_switch')!.parameters.map(({ name, typeId }) => `${name}:${btf.typeName(typeId)}`);
    expect(parameters).toEqual(expect.arrayContaining(['preempt:bool', 'prev:struct task_struct*', 'next:struct task_struct*']));
    expect(btf.tracepoints('sched_*')).toContain('sched_switch');
  });

  test('members inside anonymous ones', () => {
    const sock = btf.findByName('sock', 'struct')!;
    const address = btf.locate(sock.id, ['__sk_common', 'skc_daddr'])!;
    expect(address).toMatchObject({ offset: 0, scalar: { bytes: 4, signed: false } });
    expect(address.indexes.length).toBeGreaterThan(2);
  });

  test('a relocation against itself changes nothing', () => {
    const task = btf.findByName('task_struct', 'struct')!;
    for (const name of ['pid', 'comm', 'real_parent', 'in_execve', 'utime']) {
      const { access, offset } = btf.member(task.id, name)!;
      expect(relocateCore(btf, { kind: 0, typeId: task.id, access }, [btf])).toMatchObject({ ok: true, value: BigInt(offset), localValue: BigInt(offset) });
    }
    expect(relocateCore(btf, { kind: 12, typeId: task.id, access: '0' }, [btf])).toMatchObject({ ok: true, value: 1n });
  });

  test('every type reads, and every name finds its types', () => {
    for (let id = 1; id < btf.typeCount; id++) {
      const type = btf.type(id);
      btf.sizeOf(id);
      btf.typeName(id);
      if (id % 997 === 0 && type.name !== '') expect(btf.idsByName(type.name)).toContain(id);
    }
  });
});

(isReadable && hasTool('bpftool') ? describe : describe.skip)('against bpftool', () => {
  test('every type is the same', () => {
    const btf = Btf.parse(bytes);
    // Enumerators as text: JSON's numbers do not hold 64 bits.
    const json = run('bpftool', '-j', 'btf', 'dump', 'file', PATH, 'format', 'raw').replace(/"val":(-?\d+)/g, '"val":"$1"');
    const { types } = JSON.parse(json) as { types: BpftoolType[] };
    expect(btf.typeCount).toBe(types.length + 1);
    const differences: unknown[] = [];
    for (const want of types) {
      const have = JSON.stringify(asBpftool(btf.type(want.id)));
      const expected = JSON.stringify(normalized(want));
      if (have !== expected && differences.length < 5) differences.push({ have, expected });
    }
    expect(differences).toEqual([]);
  });
});

/** A row of `bpftool -j btf dump format raw`. */
interface BpftoolType {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly [field: string]: unknown;
}
interface BpftoolMember { readonly name: string; readonly type_id: number; readonly bits_offset?: number; readonly bitfield_size?: number; readonly val?: string; readonly offset?: number; readonly size?: number }

const anonymous = (name: string): string => (name === '(anon)' ? '' : name);
const rows = (value: unknown): readonly BpftoolMember[] => value as readonly BpftoolMember[];

/** The fields that both have, in one order. */
function normalized(type: BpftoolType): unknown[] {
  const head = [type.id, type.kind, anonymous(type.name)];
  switch (type.kind) {
    case 'INT': return [...head, type['size'], type['nr_bits'], type['bits_offset'], type['encoding']];
    case 'STRUCT': case 'UNION': return [...head, type['size'], rows(type['members']).map((member) => [anonymous(member.name), member.type_id, member.bits_offset, member.bitfield_size ?? 0])];
    // bpftool 7.5 prints unsigned 32-bit values sign-extended to 64 bits, hence compared as 32 bits.
    case 'ENUM': case 'ENUM64': {
      const bits = type.kind === 'ENUM' ? 32 : 64;
      return [...head, type['size'], type['encoding'], rows(type['values']).map((value) => [value.name, String(BigInt.asUintN(bits, BigInt(value.val ?? '0')))])];
    }
    case 'ARRAY': return [...head, type['type_id'], type['index_type_id'], type['nr_elems']];
    case 'FUNC_PROTO': return [...head, type['ret_type_id'], rows(type['params']).filter(({ name, type_id }) => name !== '(anon)' || type_id !== 0).map((parameter) => [anonymous(parameter.name), parameter.type_id])];
    case 'FWD': return [...head, type['fwd_kind']];
    case 'FUNC': case 'VAR': return [...head, type['type_id'], type['linkage']];
    case 'DATASEC': return [...head, type['size'], rows(type['vars']).map((variable) => [variable.type_id, variable.offset, variable.size])];
    case 'FLOAT': return [...head, type['size']];
    case 'DECL_TAG': return [...head, type['type_id'], type['component_idx']];
    default: return [...head, type['type_id']];
  }
}

function asBpftool(type: BtfType): unknown[] {
  const head = [type.id, type.kind.toUpperCase(), type.name];
  switch (type.kind) {
    case 'int': return [...head, type.size, type.bits, type.bitOffset, type.signed ? 'SIGNED' : type.isChar ? 'CHAR' : type.isBool ? 'BOOL' : '(none)'];
    case 'struct': case 'union': return [...head, type.size, type.members.map(({ name, typeId, offsetBits, bitSize }) => [name, typeId, offsetBits, bitSize])];
    case 'enum': case 'enum64': return [...head, type.size, type.signed ? 'SIGNED' : 'UNSIGNED', type.enumerators.map(({ name, value }) => [name, String(BigInt.asUintN(type.kind === 'enum' ? 32 : 64, value))])];
    case 'array': return [...head, type.elementTypeId, type.indexTypeId, type.length];
    case 'func_proto': return [...head, type.returnTypeId, type.parameters.map(({ name, typeId }) => [name, typeId])];
    case 'fwd': return [...head, type.of];
    case 'func': case 'var': return [...head, type.typeId, type.linkage];
    case 'datasec': return [...head, type.size, type.variables.map(({ typeId, offset, size }) => [typeId, offset, size])];
    case 'float': return [...head, type.size];
    case 'decl_tag': return [...head, type.typeId, type.componentIndex];
    case 'void': case 'unknown': return head;
    default: return [...head, type.typeId];
  }
}
