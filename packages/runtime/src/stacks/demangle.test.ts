import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { demangle } from './demangle.js';

const filtered = (symbols: readonly string[]): string[] => execFileSync('c++filt', { input: symbols.join('\n'), encoding: 'utf8' }).trimEnd().split('\n');

test('C++ and Rust: what c++filt says', () => {
  const symbols = [
    '_Znwm', '_ZN3foo3barE', '_ZL6staticv', '_ZZ4mainENKUlvE_clEv', '_ZN3fooC1Ev', '_ZN3fooD0Ev', '_ZNK3fooeqERKS_', '_ZN3fooC1Ev.part.0',
    '_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE', '_RNvCs1234_7mycrate3foo', '_RNvMs_Cs4fqI2P2rA04_7mycrateNtB4_3Foo3bar',
    '_ZNSt6vectorIiSaIiEE9push_backERKi', '_ZSt4sortIPiEvT_S1_',
  ];
  // Hashes of Rust's crates and functions say nothing; return types are told by c++filt alone.
  expect(symbols.map(demangle)).toEqual(filtered(symbols).map((name) => name.replace(/::h[0-9a-f]{16}$|\[[0-9a-f]+\]/g, '').replace(/^void (?=.*\()/, '')));
});

test.each(['main', '_start', '_Zfoo', '__ZTI', '_R', '', '_ZN', 'Z3foov', '_ZN3fooE\u00e9', '__libc_start_main', '_Zend'])('%p stays as it is', (name) => {
  expect(demangle(name)).toBe(name);
});
