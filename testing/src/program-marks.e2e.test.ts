/** The tapset's aliases of marks: Java's and Python's with the programs themselves, Node.js's with one that has marks of that name. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CHECKOUT, stapkit } from './checkout.js';

let folder = '';
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'stapkit-program-marks-')); });
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

/** Of the aliases that a pattern matches, their names without what stands before the last part. */
async function aliases(pattern: string, before: string): Promise<readonly string[]> {
  const { stdout } = await stapkit('stapkit', ['-l', pattern]);
  return stdout.trim().split('\n').map((line) => line.replace(before, ''));
}

describe('hotspot.*', () => {
  /** The first event of each alias, and the first that is of the program's own class. */
  const SCRIPT = 'global first, own\nprobe hotspot.* { if (!first[name]++) println("first ", probestr) else if (isinstr(probestr, "Marks") && !own[name]++) println("own ", probestr) }';
  let lines: readonly string[] = [];
  let stderr = '';
  beforeAll(async () => {
    execFileSync('javac', ['-d', folder, join(CHECKOUT, 'testing/programs/java/Marks.java')]);
    const finished = await stapkit('stapkit', ['-e', SCRIPT, '-c', `java -cp ${folder} -XX:+UseSerialGC -XX:+DTraceMethodProbes -XX:+DTraceAllocProbes -XX:+DTraceMonitorProbes Marks`], { timeoutMs: 120_000 });
    lines = finished.stdout.split('\n');
    stderr = finished.stderr;
  }, 150_000);

  test('each fires', async () => {
    expect(stderr.split('\n').filter((line) => /error|WARNING/.test(line) && !line.startsWith('OpenJDK'))).toEqual([]);
    const fired = lines.filter((line) => line.startsWith('first ')).map((line) => /^first (\w+)/.exec(line)?.[1] ?? '');
    expect(fired.sort()).toEqual([...await aliases('hotspot.*', 'hotspot.')].sort());
  });

  test.each([
    /^own class_loaded\(class='Marks', classloader_id=0x[0-9a-f]+, is_shared=0\)$/,
    /^own method_entry\(thread_id=1, class='Marks', method='<clinit>', sig='\(\)V'\)$/,
    /^own object_alloc\(thread_id=1, class='Marks\$\S+', size=\d+\)$/,
    /^own compiled_method_load\(class='Marks(\$Forgotten)?', method='\w+', sig='\(II\)I', code=0x[0-9a-f]+, size=\d+\)$/,
    /^(?:first|own) class_initialization_erroneous\(class='Marks\$\w+', classloader_id=0x[0-9a-f]+, thread_type=-?\d+, is_wait=0\)$/,
    /^first thread_sleep_begin\(millis=\d+\)$/,
    /^first monitor_contended_enter\(thread_id=\d+, id=0x[0-9a-f]+, class='java\/lang\/Object'\)$/,
    /^first monitor_notify\(thread_id=\d+, id=0x[0-9a-f]+, class='java\/lang\/Object'\)$/,
    /^first thread_stop\(thread_name='slow', id=\d+, native_id=\d+, is_daemon=0\)$/,
    /^first thread_park_begin\(parker=0x[0-9a-f]+, is_absolute=0, timeout=1000\)$/,
    /^first gc_begin\(is_full=1\)$/,
    /^first mem_pool_gc_begin\(manager='MarkSweepCompact', pool='[^=]+', initial=\d+, used=\d+, committed=\d+, max=-?\d+\)$/,
    /^first method_compile_end\(compiler='C[12]', class='\S+', method='\S+', sig='\S+', success=1\)$/,
  ])('%s', (expected) => {
    expect(lines.filter((line) => expected.test(line))).toHaveLength(1);
  });
});

test('python.*: each fires, with what the program did', async () => {
  const program = join(folder, 'greet.py');
  writeFileSync(program, 'import gc, sys\ndef greet(name):\n    return "hi " + name\ngreet("a")\nimport colorsys\ngc.collect(1)\nsys.audit("greet.event", 1)\n');
  const of = (alias: string, condition: string, printed: string): string => `global seen_${alias}\nprobe python.${alias.replace('_', '.')} { if (${condition} && !seen_${alias}++) println("${alias} ", ${printed}) }`;
  const inProgram = `filename == "${program}" && funcname == "greet"`;
  const { stdout, stderr } = await stapkit('stapkit', ['-e', [
    of('function_entry', inProgram, 'lineno'), of('function_return', inProgram, 'lineno'), of('line', inProgram, 'lineno'),
    of('gc_start', 'generation == 1', 'generation'), of('gc_done', '1', 'collected >= 0'),
    of('import_start', 'module_name == "colorsys"', 'module_name'), of('import_done', 'module_name == "colorsys"', 'found'), of('audit', 'event == "greet.event"', 'event'),
  ].join('\n'), '-c', `/usr/bin/python3 ${program}`]);
  expect({ stderr, lines: stdout.trim().split('\n').sort() }).toEqual({ stderr: '', lines: [
    'audit greet.event', 'function_entry 2', 'function_return 3', 'gc_done 1', 'gc_start 1', 'import_done 1', 'import_start colorsys', 'line 3',
  ] });
  expect(await aliases('python.**', 'python.')).toHaveLength(8);
});

test('node_*: each fires, by a program of that name with such marks (Debian\'s own has none)', async () => {
  const source = join(folder, 'node.c');
  const connection = '(void *)4, there, 8080, 7';
  const request = '(void *)3, (void *)4, remote, 80, method, url, 9';
  const marks = { net__server__connection: connection, net__stream__end: connection, http__server__request: request, http__server__response: connection, http__client__request: request, http__client__response: connection, gc__start: '2, 4, (void *)5', gc__done: '1, 0, (void *)5' };
  writeFileSync(source, `#include <sys/sdt.h>\nint main(void) {\nchar there[] = "127.0.0.1", remote[] = "::1", method[] = "GET", url[] = "/path";\n${Object.entries(marks).map(([name, values]) => `STAP_PROBE${values.split(',').length}(node, ${name}, ${values});\n`).join('')}return 0; }\n`);
  execFileSync('gcc', ['-O0', '-o', join(folder, 'node'), source]);
  const { stdout, stderr } = await stapkit('stapkit', ['-e', 'probe node_* { println(probestr) }', '-c', join(folder, 'node')]);
  const told = (name: string): string => `${name}(remote=127.0.0.1, port=8080, fd=7)`;
  const asked = (name: string): string => `${name}(remote=::1, port=80, method=GET, url=/path, fd=9)`;
  expect({ stderr, lines: stdout.trim().split('\n') }).toEqual({ stderr: '', lines: [
    told('net__server__connection'), told('net__stream__end'), asked('http__server__request'), told('http__server__response'), asked('http__client__request'), told('http__client__response'),
    'gc__start(type=kGCTypeMarkSweepCompact, flags=4)', 'gc__done(type=kGCTypeScavenge, flags=0)',
  ] });
});
