/**
 * Objects for arm64, compiled on this machine for a kernel of that architecture, beside what was compiled before: which programs they
 * have, of how many instructions, and where these read the context, which is what the architectures differ in. Of the kernel's types a
 * part is kept in testing/corpus/arm64-types.btf.br; STAPKIT_UPDATE_COUNTS=1 makes it, and the counts, from the whole, which it fetches.
 * Whether the objects run is tested in a guest (docs/arm64.md).
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { afterAll, expect, test } from '@jest/globals';
import { loadCompiler, localTarget } from '@stapkit/cli-kit';
import { linkProgram, readBpfObject } from '@stapkit/object';
import { excerpt, typesReadBy } from './btf-excerpt.js';
import { CHECKOUT } from './checkout.js';
import { CORPUS } from './corpus.js';
import { guestKernel } from './guests/guest.js';
import { marksScript, variablesScript } from './programs-scripts.js';

const TYPES = join(CORPUS, 'arm64-types.btf.br');
const GOLDEN = join(CORPUS, 'arm64.json');
const TOLERANCE = 1.05;
/** Those of the corpus whose code knows registers, conventions or system calls. */
const SCRIPTS = [
  'aliases', 'context', 'function-casts', 'function-members', 'function-registers', 'function-return', 'function-sockets', 'function-vars', 'perf-events', 'process-events', 'registers', 'stacks',
  'syscall-entry-values', 'syscall-latency', 'tracepoint-exec', 'tracepoints', 'user-function',
];

interface ObjectFacts {
  readonly programs: number;
  readonly instructions: number;
  /** Offsets in the context, by program type. */
  readonly context: Readonly<Record<string, readonly number[]>>;
}
interface Golden { readonly release: string; readonly objects: Readonly<Record<string, ObjectFacts>> }

const folder = mkdtempSync(join(tmpdir(), 'stapkit-arm64-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

function build(name: string, source: string, ...options: readonly string[]): string {
  const path = join(folder, name);
  execFileSync('aarch64-linux-gnu-gcc', ['-static', '-O2', ...options, '-o', path, join(CHECKOUT, 'testing/programs', `${source}.c`)]);
  return path;
}

/** Name and text of each script. */
function scripts(): readonly (readonly [name: string, text: string, argument?: string])[] {
  mkdirSync(join(folder, 'include/sys'), { recursive: true });
  // The header of marks is one for all architectures, and stands among this machine's.
  for (const name of ['sdt.h', 'sdt-config.h']) copyFileSync(join('/usr/include/x86_64-linux-gnu/sys', name), join(folder, 'include/sys', name));
  const calls = build('calls', 'calls', '-g');
  return [
    ...SCRIPTS.map((name) => [name, readFileSync(join(CORPUS, `${name}.stp`), 'latin1'), calls] as const),
    ['variables', variablesScript(build('variables', 'variables', '-g'))],
    ['marks', marksScript(`process("${build('marks', 'marks', '-DSEMAPHORES', `-I${join(folder, 'include')}`)}")`, 'aarch64')],
  ];
}

type Objects = ReadonlyMap<string, Uint8Array>;
const { compileScript } = await loadCompiler();
const targetWith = (release: string, btfFile: string): ReturnType<typeof localTarget> => localTarget({ arch: 'aarch64', release, btfFile });

function compileAll(of: ReturnType<typeof scripts>, target: ReturnType<typeof localTarget>): Objects {
  return new Map(of.map(([name, text, argument]) => {
    const { object, diagnostics } = compileScript({ scripts: [{ file: `${name}.stp`, text }], args: argument !== undefined && text.includes('@1') ? [argument] : [], target, name: name.replaceAll('-', '_') });
    if (object === undefined) throw new Error(`${name}: ${diagnostics.filter(({ severity }) => severity === 'error').map(({ code, message }) => `${code} ${message}`).join('; ')}`);
    return [name, object.bytes];
  }));
}

/** With the part of the types that is kept. */
function compileWithPart(of: ReturnType<typeof scripts>, release: string): Objects {
  const types = join(folder, 'types.btf');
  writeFileSync(types, brotliDecompressSync(readFileSync(TYPES)));
  return compileAll(of, targetWith(release, types));
}

const [LOAD, MOVE, CALL] = [0x61, 0xbf, 0x85];
/** Offsets that a program reads at in its context, as far as it can be followed from one instruction to the next. */
function contextReads(code: Uint8Array): readonly number[] {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const holds = new Set([1]);
  const offsets = new Set<number>();
  for (let at = 0; at < code.length; at += 8) {
    const opcode = view.getUint8(at);
    const [to, from] = [view.getUint8(at + 1) & 0xf, view.getUint8(at + 1) >> 4];
    const isLoad = (opcode & 0xe7) === LOAD;
    if (isLoad && holds.has(from)) offsets.add(view.getInt16(at + 2, true));
    if (opcode === MOVE && holds.has(from)) holds.add(to);
    else if (opcode === CALL) for (let register = 0; register <= 5; register++) holds.delete(register);
    else if (isLoad || [0, 4, 7].includes(opcode & 7)) holds.delete(to);
  }
  return [...offsets].sort((a, b) => a - b);
}

function factsOf(bytes: Uint8Array): ObjectFacts {
  const object = readBpfObject(bytes);
  const context: Record<string, readonly number[]> = {};
  let instructions = 0;
  for (const symbol of object.programs) {
    const program = linkProgram(object, symbol);
    instructions += program.instructions.length / 8;
    const type = program.section.replace(/\/.*/, '');
    context[type] = [...new Set([...(context[type] ?? []), ...contextReads(program.instructions)])].sort((a, b) => a - b);
  }
  return { programs: object.programs.length, instructions, context };
}

async function update(): Promise<void> {
  const { release, btf } = await guestKernel('6.12', 'arm64');
  const of = scripts();
  let objects: Objects = new Map();
  const ids = typesReadBy(() => { objects = compileAll(of, targetWith(release, btf)); });
  writeFileSync(TYPES, brotliCompressSync(excerpt(readFileSync(btf), ids)));
  const again = compileWithPart(of, release);
  for (const [name, bytes] of objects) if (!Buffer.from(bytes).equals(Buffer.from(again.get(name) ?? []))) throw new Error(`${name} is another with the part of the types`);
  const rows = [...objects].map(([name, bytes]) => `    ${JSON.stringify(name)}: ${JSON.stringify(factsOf(bytes))}`);
  writeFileSync(GOLDEN, `{\n  "release": ${JSON.stringify(release)},\n  "objects": {\n${rows.join(',\n')}\n  }\n}\n`);
}

test('objects for arm64 have the programs that they had, of no more instructions, and these read the same of the context', async () => {
  if (process.env['STAPKIT_UPDATE_COUNTS'] === '1') await update();
  const { release, objects: golden } = JSON.parse(readFileSync(GOLDEN, 'utf8')) as Golden;
  const now = Object.fromEntries([...compileWithPart(scripts(), release)].map(([name, bytes]) => [name, factsOf(bytes)]));
  const shape = (of: Golden['objects']): unknown => Object.fromEntries(Object.entries(of).map(([name, { programs, context }]) => [name, { programs, context }]));
  expect(shape(now)).toEqual(shape(golden));
  expect(Object.entries(now).filter(([name, { instructions }]) => instructions > (golden[name]?.instructions ?? 0) * TOLERANCE + 8)).toEqual([]);
}, 120_000);
