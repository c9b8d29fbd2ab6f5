import { expect, test } from '@jest/globals';
import { BtfBuilder } from '../testing/btf-builder.test-support.js';
import { Btf } from './btf.js';

const b = new BtfBuilder();
const int = b.int('int', 4, 'signed');
const char = b.int('char', 1, 'char');
const constChar = b.const(char);
const file = b.struct('file', 4, [['x', int, 0]]);
const callback = b.funcProto(int, [['', int], ['', b.ptr(constChar)]]);
const variadic = b.funcProto(int, [['', b.ptr(constChar)], ['', 0]]);
const array = b.array(int, 4);

// What `stap -L` 4.8 prints for the same types of a C program compiled with -g.
const cases: readonly (readonly [string, number])[] = [
  ['void', 0],
  ['int', int],
  ['struct file*', b.ptr(file)],
  ['char const*', b.ptr(constChar)],
  ['char* const*', b.ptr(b.const(b.ptr(char)))],
  ['struct file const* const', b.const(b.ptr(b.const(file)))],
  ['int volatile', b.volatile(int)],
  ['char* restrict', b.restrict(b.ptr(char))],
  ['u64', b.typedef('u64', b.int('long unsigned int', 8))],
  ['void*', b.ptr(0)],
  ['void const*', b.ptr(b.const(0))],
  ['int (*) (int, char const*)', b.ptr(callback)],
  ['int (*) (char const*, ...)', b.ptr(variadic)],
  ['void (*) (void)', b.ptr(b.funcProto(0, []))],
  ['int (*[]) (int, char const*)', b.array(b.ptr(callback), 3)],
  ['int[]*', b.ptr(array)],
  ['int[]', array],
  ['int[]', b.array(array, 2)],
  ['char const*[]', b.array(b.ptr(constChar), 4)],
  ['struct {...}*', b.ptr(b.struct('', 4, [['z', int, 0]]))],
  ['union {...}', b.union('', 4, [])],
  ['union u', b.union('u', 4, [])],
  ['enum e', b.enum('e', { A: 0 })],
  ['enum {...}', b.enum('', { B: 0 })],
  ['enum wide', b.enum64('wide', { C: 0n })],
  ['struct opaque*', b.ptr(b.fwd('opaque'))],
  ['union opaque*', b.ptr(b.fwd('opaque', 'union'))],
  ['char*', b.ptr(b.typeTag('user', char))],
];
const btf = Btf.parse(b.build());

test.each(cases)('%s', (want, id) => {
  expect(btf.typeName(id)).toBe(want);
});
