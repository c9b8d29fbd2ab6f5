import { expect, test } from '@jest/globals';
import { Btf } from '@stapkit/debuginfo';
import { featuresFromBtf } from './features.js';

/** BTF that has nothing but enums of these names and enumerators. */
function btfOf(enums: Readonly<Record<string, readonly string[]>>): Btf {
  const strings = ['\0'];
  let length = 1;
  const add = (text: string): number => {
    strings.push(`${text}\0`);
    length += text.length + 1;
    return length - text.length - 1;
  };
  const words: number[] = [];
  for (const [name, constants] of Object.entries(enums)) {
    words.push(add(name), (6 << 24) | constants.length, 4);
    for (const [index, constant] of constants.entries()) words.push(add(constant), index);
  }
  const header = Buffer.alloc(24);
  header.writeUInt16LE(0xeb9f, 0);
  header.writeUInt8(1, 2);
  header.writeUInt32LE(24, 4);
  header.writeUInt32LE(words.length * 4, 12);
  header.writeUInt32LE(words.length * 4, 16);
  header.writeUInt32LE(length, 20);
  return Btf.parse(Buffer.concat([header, Buffer.from(Uint32Array.from(words).buffer), Buffer.from(strings.join(''))]));
}

const NONE = { loop: false, forEachMapElem: false, atomicFetch: false, lookupPerCpu: false, taskRegisters: false, snprintf: false, attachCookie: false, trampolines: false };

test.each<[string, Btf | undefined, object]>([
  ['no BTF', undefined, NONE],
  ['no enums', btfOf({}), NONE],
  ['5.10', btfOf({ bpf_func_id: ['BPF_FUNC_unspec', 'BPF_FUNC_ringbuf_output'], bpf_attach_type: ['BPF_TRACE_FENTRY'] }), { ...NONE, trampolines: true }],
  ['5.13', btfOf({ bpf_func_id: ['BPF_FUNC_for_each_map_elem', 'BPF_FUNC_snprintf'] }), { ...NONE, forEachMapElem: true, atomicFetch: true, snprintf: true }],
  ['5.15', btfOf({ bpf_func_id: ['BPF_FUNC_task_pt_regs'] }), { ...NONE, taskRegisters: true }],
  ['5.17', btfOf({ bpf_func_id: ['BPF_FUNC_loop'] }), { ...NONE, loop: true }],
  ['5.19', btfOf({ bpf_func_id: ['BPF_FUNC_map_lookup_percpu_elem'] }), { ...NONE, lookupPerCpu: true }],
  ['a constant of another enum', btfOf({ other: ['BPF_FUNC_loop', 'BPF_TRACE_FENTRY'] }), NONE],
])('features of %s', (_name, btf, want) => {
  expect(featuresFromBtf({ btf })).toEqual(want);
});

test('nothing is looked up before it is asked for, and then once', () => {
  let opened = 0;
  const features = featuresFromBtf({ get btf() { opened += 1; return btfOf({ bpf_func_id: ['BPF_FUNC_loop'] }); } });
  expect(opened).toBe(0);
  expect([features.loop, features.loop, opened]).toEqual([true, true, 1]);
});
