/** Programs of the Go compiler: functions, parameters in its registers, members of structures, against what the program prints. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CHECKOUT, stapkit } from './checkout.js';

const folder = mkdtempSync(join(tmpdir(), 'stapkit-go-'));
const program = join(folder, 'values');
const SOURCE = join(CHECKOUT, 'testing/programs/values.go');
beforeAll(() => {
  // -p 1: compiling takes memory; nothing is fetched.
  execFileSync('go', ['build', '-p', '1', '-o', program, SOURCE], { cwd: folder, env: { ...process.env, HOME: folder, GOCACHE: join(folder, 'cache'), GO111MODULE: 'off', GOFLAGS: '' } });
}, 120_000);
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

test('parameters and members of structures are what the program printed', async () => {
  const of = `process("${program}").function`;
  const script = `
    probe ${of}("main.area") { printf("area %d %d %d %d\\n", $width, $height, $flag, $small) }
    probe ${of}("main.describe") { printf("describe %d %d %d %d %s %s %d\\n", $s->Sides, $s->Inner->Low, $s->Next->Inner->High, $s->Flag, user_string_n($s->Name->str, $s->Name->len), user_string_n($name->str, $name->len), $values->len) }
    probe ${of}("main.byValue") { printf("byValue %d %d %d\\n", $pair->Low, $pair->High, $small) }
    probe ${of}("main.(*shape).grow") { printf("grow %d %d\\n", $s->Sides, $by) }`;
  const { stdout, stderr, status } = await stapkit('stapkit', ['-e', script, '-c', `sh -c '${program} > ${folder}/printed'`]);
  expect([stderr, status]).toEqual(['', 0]);
  const printed = readFileSync(join(folder, 'printed'), 'latin1');
  expect(printed.split('\n')).toHaveLength(13);
  expect(stdout).toBe(printed);
});

test('functions with their parameters and types, statements, and structures as texts', async () => {
  const list = await stapkit('stapkit', ['-L', `process("${program}").function("main.*[rea]")`]);
  expect(list.stdout.split('\n')).toEqual(expect.arrayContaining([expect.stringMatching(/function\("main\.area(?:@\S+)?"\) \$width:int \$height:int32 \$flag:bool \$small:uint8$/)]));
  const line = readFileSync(SOURCE, 'utf8').split('\n').findIndex((one) => one.includes('return int(pair.Low)')) + 1;
  const script = `probe process("${program}").statement("main.byValue@values.go:${line}") { println($pair$) }
    probe process("${program}").function("main.area") { if (n++ == 0) println($$parms, "|", $$locals) } global n`;
  const { stdout, stderr } = await stapkit('stapkit', ['-e', script, '-c', `sh -c '${program} > /dev/null'`]);
  expect([stderr, stdout]).toEqual(['', 'width=0x3e8 height=0x0 flag=0x0 small=0xfa|\n{.Low=-5, .High=9}\n{.Low=-6, .High=9}\n{.Low=-7, .High=9}\n']);
});
