/** Probe points, aliases, target variables. */
import { expect, test } from '@jest/globals';
import { list, run } from './elaborate.test-support.js';

test.each<[string, readonly string[]]>([
  ['probe begin, end { println(1) }', ['begin', 'end']],
  ['probe kernel.function("vfs_*") { println(1) }', ['kernel.function("vfs_read")', 'kernel.function("vfs_write")']],
  ['probe file.read { println(1) }', ['kernel.function("vfs_read")']],
  // a longer alias wins over a shorter one with a suffix; a suffix goes to the alias's points
  ['probe file.read.return { println(1) }', ['kernel.function("vfs_read").return']],
  ['probe file.write.return { println(1) }', ['kernel.function("vfs_write").return']],
  ['probe file.all.return { println(1) }', ['kernel.function("vfs_read").return', 'kernel.function("vfs_write").return']],
  // wildcards: what does not resolve is left out
  ['probe file.w* { println(1) }', ['kernel.function("vfs_write")']],
  ['probe file.*.return { println(1) }', ['kernel.function("vfs_read").return', 'kernel.function("vfs_write").return', 'kernel.function("vfs_read").return', 'kernel.function("vfs_write").return']],
  ['probe fil*.read { println(1) }', ['kernel.function("vfs_read")']],
  ['probe **.write { println(1) }', ['kernel.function("vfs_write")']],
  // ? and !
  ['probe file.gone ?, file.nothing ?, foo.bar ?, begin { println(1) }', ['begin']],
  ['probe file.gone !, file.write !, file.read ! { println(1) }', ['kernel.function("vfs_write")']],
  ['probe file.maybe ?, end { println(1) }', ['end']],
  ['probe mine = file.gone, file.read {} probe mine ? { println(1) }', ['kernel.function("vfs_read")']],
  ['probe mine = file.gone ?, file.read {} probe mine { println(1) }', ['kernel.function("vfs_read")']],
  ['probe a.b = begin {} probe a.c = a.b, end {} probe a.c { println(1) }', ['begin', 'end']],
  ['probe a = b.one = begin {} probe b.* { println(1) }', ['begin']],
])('%s', (script, names) => {
  const { program, codes } = run(script);
  expect(codes).toEqual([]);
  expect(program.probes.map((probe) => probe.name)).toEqual(names);
});

test.each<[string, readonly string[]]>([
  ['probe begn {}', ['E0401@1:7']],
  ['probe file.rea {} probe foo.bar {}', ['E0401@1:7', 'E0401@1:25']],
  ['probe kernel.function("nope"), kernel.function("nope2") ?, begin { }', ['E0420@1:7']],
  ['probe file.gone { }', ['E0420@files.stp:6:19']],
  ['probe file.maybe { }', ['E0402@1:7']],
  ['probe mine = file.gone, file.read {} probe mine { println(1) }', ['E0420@files.stp:6:19']],
  ['probe gone.* { println(1) }', ['E0401@1:7']],
  ['probe a = b {} probe b = a {} probe a {}', ['E0403@1:26']],
  ['probe begin if (x) { }', ['E0404@1:17']],
  ['global x = 1 probe begin if (x == "a") { }', ['E0306@1:35']],
  // targets
  ['probe begin { println($x) }', ['E0410@1:23']],
  ['probe kernel.function("vfs_read") { println($cout) }', ['E0410@1:45']],
  ['probe kernel.function("vfs_*") { x = $nosuch }', ['E0410@1:38']],
  ['probe kernel.function("vfs_read") { println($file->missing->a) }', ['E0410@1:50']],
  ['function f() { return $count } probe begin { println(f()) }', ['E0411@1:23']],
  ['probe begin { println(@entry(3)) }', ['E0412@1:23']],
  ['probe kernel.function("vfs_read").return { n = 1 println(@entry($count + n)) println(n) }', ['E0413@1:74']],
  ['probe kernel.function("vfs_read") { $count = 3 }', ['E0414@1:37']],
  ['probe kernel.function("vfs_read") { println(@cast("x", "y")->z) }', ['E0306@1:51']],
  // the library's own slips matter only where their value is used
  ['probe file.read { println(name) }', []],
  ['probe file.read { println(missing) }', ['E0410@files.stp:3:90']],
])('%s', (script, codes) => {
  expect(run(script).codes).toEqual(codes);
});

test.each([
  ['probe begn {}', "did you mean 'begin'?"],
  ['probe file.raed {}', "did you mean 'file.read' or 'file.all'?"],
  ['probe kernel.function("vfs_read") { println($cout) }', "did you mean '$count'?"],
  ['probe kernel.function("vfs_read") { println($zzz) }', 'available: $file, $buf, $count'],
])('%s: %s', (script, hint) => {
  expect(run(script).diagnostics.flatMap((one) => one.hints ?? [])).toEqual([hint]);
});

test('a failing point of an alias names the place that used the alias', () => {
  const [first] = run('probe file.gone { }').diagnostics;
  expect(first?.notes?.map((note) => [note.message, note.span?.source.file, note.span?.start])).toEqual([["while resolving probe point 'file.gone'", 'test.stp', 6]]);
});

test('prologues of inner aliases come first, epilogues last, and all see the same locals', () => {
  const { text, codes } = run('probe file.all { printf("%s %s %d %s\\n", kind, name, bytes, pp()) }');
  expect(codes).toEqual([]);
  expect(text).toContain(`kernel.function("vfs_write") /* <- file.all */
  # locals
  name:string
  bytes:long
  kind:string
  epilogue:long
  (name = "write")
  (bytes = $arg2)
  (kind = "file")
  printf("%s %s %d %s\\n", kind, name, bytes, "kernel.function(\\"vfs_write\\")")
  (epilogue = 1)
  printf("%d\\n", epilogue)
`);
});

test.each([
  ['println(@defined($nosuch) ? $nosuch : 7)', 'printf("%d\\n", 7)'],
  ['if (@defined($count)) println($count) else println($bad)', 'printf("%d\\n", $arg2)'],
  ['if (!@defined($bad) || $bad > 3) println("x")', 'printf("%s\\n", "x")'],
  ['println(@defined($bad) && $bad)', 'printf("%d\\n", 0)'],
  ['println(@defined($file->missing) ? 1 : @defined($file->f_mode) ? 2 : 3)', 'printf("%d\\n", 2)'],
  ['i = pid() println(@cast($buf, "x")[i]->y)', '(i = pid())\n  printf("%d\\n", *(*(($arg1 + i))))'],
  ['println($$parms)', 'printf("%s\\n", "parms")'],
])('@defined and targets: %s', (statements, expected) => {
  const { text, codes } = run(`probe kernel.function("vfs_read") { ${statements} }`);
  expect(codes).toEqual([]);
  expect(text).toContain(`  ${expected}\n`);
});

test('entry-time values in return probes', () => {
  const { text, codes } = run('probe file.read.return { println(retval, @entry($count), $file->f_mode, @entry($file->f_mode), @entry($$parms)) }');
  expect(codes).toEqual(['W0310@1:58']);
  expect(text).toContain('printf("%d%d%d%d%s\\n", retval, @entry($arg2), @entry(*($arg0)), @entry(*($arg0)), @entry("parms"))');
});

test('conditions of a point and of its alias both hold', () => {
  const { text } = run('global a = 1, b = 1 probe mine = begin if (a > 1) {} probe mine if (b) { a = 0 b = 0 }');
  expect(text).toContain('begin if ((b && (a > 1))) /* <- mine */');
});

test('a script global does not capture a local of the library, and hides it from the script', () => {
  const { text, codes } = run('global name = 3 probe file.read { name++ println(name) println(argstr) }');
  expect(codes).toEqual([]);
  expect(text).toContain('# globals\nname:long = 3\n');
});

test('a library file that is used brings its probes and globals along', () => {
  const { program } = run('probe begin { println(argc) note_open() println(opened()) }');
  expect(program.probes.map((probe) => [probe.name, probe.span.source.file])).toEqual([['begin', 'test.stp'], ['begin', 'argv.stp']]);
  expect(program.globals.map((global) => global.name)).toEqual(['argc', '__opened']);
});

test.each<[string, readonly string[]]>([
  ['file.*', [
    'file.read name:string bytes:long argstr:string $file:long int $buf:long int $count:long int',
    'file.write name:string bytes:long $file:long int $buf:long int $count:long int',
    'file.all name:string bytes:long argstr:string kind:string epilogue:long $file:long int $buf:long int $count:long int',
    'file.all name:string bytes:long kind:string epilogue:long $file:long int $buf:long int $count:long int',
  ]],
  ['file.read.return', ['file.read.return name:string retval:long $return:long int $file:long int $buf:long int $count:long int']],
  ['kernel.function("vfs_r*")', ['kernel.function("vfs_read") $file:long int $buf:long int $count:long int']],
  ['foo.bar', []],
])('-L %s', (pattern, lines) => {
  expect(list(pattern)).toEqual(lines);
});
