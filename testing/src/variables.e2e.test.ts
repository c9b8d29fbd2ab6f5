/** $variables of a program, at entries, statements, returns and in inlined bodies, equal what the program itself prints. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHECKOUT, run, stapkit } from './checkout.js';

const SOURCE = join(CHECKOUT, 'testing/programs/variables.c');
let folder = '';
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'stapkit-variables-')); });
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

function build(name: string, compiler: string, flags: readonly string[], source = SOURCE): string {
  const path = join(folder, name);
  execFileSync(compiler, [...flags, '-o', path, source], { stdio: ['ignore', 'pipe', 'pipe'] });
  return path;
}

/** Line of the statement marked `STATEMENT name`. */
function lineOf(name: string): number {
  const index = readFileSync(SOURCE, 'utf8').split('\n').findIndex((line) => line.includes(`STATEMENT ${name} `));
  if (index < 0) throw new Error(`no statement ${name}`);
  return index + 1;
}

const SCALARS = 'printf("scalars c=%d s=%d i=%d l=%d uc=%d us=%d u=%d ul=%u flag=%d\\n", $c, $s, $i, $l, $uc, $us, $u, $ul, $flag)';
const POINTERS = `printf("pointers id=%d next=%d last=%d name=%s text=%s color=%d tag=%d byte=%d low=%u middle=%d high=%u whole=%d half=%d cell=%d hidden=%d pp=%d\\n",
  $r->id, $r->next->id, $r->next->next->id, user_string($r->name), user_string($text), $color, $r->inner->tag, $r->inner->bytes[3], $r->flags->low, $r->flags->middle,
  $r->flags->high, $r->number->whole, $r->number->high, $r->table[2][1], $r->hidden, $pp[0][0])`;
const BY_VALUE = 'printf("by_value a=%d b=%d first=%d second=%d third=%d\\n", $small->a, $small->b, $pair->first, $pair->second, $large->values[2])';

const script = (path: string): string => `
probe process("${path}").function("scalars") { ${SCALARS} }
probe process("${path}").function("scalars").return { printf("scalars-return %d\\n", $return) }
probe process("${path}").function("pointers@variables.c") { ${POINTERS} }
probe process("${path}").function("pointers").return { printf("pointers-return %d\\n", $return) }
probe process("${path}").function("by_value") { ${BY_VALUE} }
probe process("${path}").function("by_value").return { printf("by_value-return %d %d\\n", $return->first, $return->second) }
probe process("${path}").statement("locals@variables.c:${lineOf('locals')}") { printf("locals round=%d step=%d total=%d start=%d\\n", $round, $step, $total, $start) }
probe process("${path}").function("recursive").return { printf("recursive-return depth=%d %d\\n", @entry($depth), $return) }
probe process("${path}").statement("globals@variables.c:${lineOf('globals')}") { printf("globals counter=%d static=%d\\n", $counter, @var("file_static@variables.c")) }
`;

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '').sort();

describe.each([
  ['gcc', '-gdwarf-5'], ['gcc', '-gdwarf-4'], ['clang', '-gdwarf-5'], ['clang', '-gdwarf-4'],
])('%s %s', (compiler, version) => {
  test.each([['-O0'], ['-O2'], ['-O3 -flto']])('%s', async (optimization) => {
    const path = build(`${compiler}${version}${optimization.replaceAll(' ', '')}`, compiler, ['-g', version, ...optimization.split(' ')]);
    const said = lines((await run(path, ['4'])).stdout).filter((line) => !/^(?:squared|labelled) /.test(line));
    const { stdout, stderr, status } = await stapkit('stapkit', ['-e', script(path), '-c', `sh -c '${path} 4 >/dev/null'`]);
    expect(stderr).toBe('');
    expect(lines(stdout)).toEqual(said);
    expect(status).toBe(0);
  });
});

/** Runs the program under the script, and alone. */
async function compare(path: string, text: string): Promise<void> {
  const said = lines((await run(path, [])).stdout);
  const { stdout, stderr, status } = await stapkit('stapkit', ['-e', text, '-c', `sh -c '${path} >/dev/null'`]);
  expect(stderr).toBe('');
  expect(said.length).toBeGreaterThan(3);
  expect(lines(stdout)).toEqual(said);
  expect(status).toBe(0);
}

describe('C++: methods, references, templates', () => {
  test.each([['g++', '-O0'], ['g++', '-O2'], ['clang++', '-O0'], ['clang++', '-O2']])('%s %s', async (compiler, optimization) => {
    const path = build(`${compiler}${optimization}`, compiler, ['-g', optimization], join(CHECKOUT, 'testing/programs/shapes.cpp'));
    // A reference is a pointer, as in stap.
    await compare(path, `
      probe process("${path}").function("geo::Square::area") { printf("area id=%d side=%d margin=%d\\n", $this->id_, $this->side_, $margin[0]) }
      probe process("${path}").function("scaled") { printf("scaled id=%d factor=%d\\n", $this->id_, $factor) }
      probe process("${path}").function("geo::larger<*>") { printf("larger a=%d b=%d\\n", $a, $b) }`);
  });
});

describe('Rust: modules, references, slices', () => {
  test.each([['opt-level=0'], ['opt-level=2']])('%s', async (optimization) => {
    const path = build(`rust-${optimization}`, 'rustc', ['-g', '-C', optimization], join(CHECKOUT, 'testing/programs/shapes.rs'));
    await compare(path, `
      probe process("${path}").function("shapes::geo::area") { printf("area id=%d side=%d margin=%d\\n", $square->id, $square->side, $margin) }
      probe process("${path}").function("geo::sum") { printf("sum length=%d first=%d bias=%d\\n", $values->length, $values->data_ptr[0], $bias) }`);
  });
});

test('types of a C header, for a program without debug information', async () => {
  const source = join(folder, 'times.c');
  writeFileSync(source, '#include <sys/time.h>\n__attribute__((noinline)) long show(struct timeval *tv) { __asm__ volatile("" : : "r"(tv) : "memory"); return tv->tv_sec; }\nint main(void) { struct timeval tv = {12, 34}; return show(&tv) != 12; }\n');
  const path = build('times', 'gcc', ['-O1'], source);
  const { stdout, stderr } = await stapkit('stapkit', ['-e', `probe process("${path}").function("show") { tv = pointer_arg(1); println(@cast(tv, "timeval", "<sys/time.h>")->tv_sec, " ", @cast(tv, "timeval", "<sys/time.h>")->tv_usec) }`, '-c', path]);
  expect({ stdout, stderr }).toEqual({ stdout: '12 34\n', stderr: '' });
});
