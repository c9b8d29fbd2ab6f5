/**
 * How many ring-buffer records of three fields one process turns into text a second. No kernel is needed: the records
 * are made here, as BPF programs write them. Run: node bench/format-records.mjs
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const directory = mkdtempSync(join(tmpdir(), 'stapkit-bench-'));
const source = fileURLToPath(new URL('../packages/runtime/src/', import.meta.url));
await build({
  stdin: { contents: "export * from './session/record-decoder.js'; export * from './format/output-buffer.js'; export * from './host/program.js'; export * from './host/memory-map.js';", resolveDir: source },
  bundle: true, format: 'esm', platform: 'node', conditions: ['@stapkit/source'], external: ['koffi'], outfile: join(directory, 'runtime.mjs'), logLevel: 'error',
});
const { RecordDecoder, OutputBuffer, HostProgram, createMemoryMaps } = await import(join(directory, 'runtime.mjs'));
rmSync(directory, { recursive: true });

const long = { kind: 'long' };
const fixed = (bytes) => ({ kind: 'fixed', bytes });
const variable = { kind: 'variable' };
const arg = (register) => ({ kind: 'value', value: { register } });
const d = { conversion: 'd' };
const s = { conversion: 's' };
const lit = (literal) => ({ literal });
const site = (pieces, leaves) => ({ kind: 'script', pieces, leaves, args: leaves.map((_, index) => arg(index)) });

const CASES = [
  ['%s(%d) %d\\n, short text', site([s, lit('('), d, lit(') '), d, lit('\n')], [fixed(16), long, long]), ['redis-server', 1511n, 42n]],
  ['%d %d %d\\n, timestamps', site([d, lit(' '), d, lit(' '), d, lit('\n')], [long, long, long]), [1763780071123456789n, 123456789012n, -1n]],
  ['%-16s %6d %s\\n, a path', site([{ ...s, width: 16, flag: '-' }, lit(' '), { ...d, width: 6 }, lit(' '), s, lit('\n')], [fixed(16), long, variable]), ['redis-server', 1511n, '/var/lib/redis/appendonly.aof.1.incr']],
  ['%#x %x %c\\n', site([{ conversion: 'x', flag: '#' }, lit(' '), { conversion: 'x' }, lit(' '), { conversion: 'c' }, lit('\n')], [long, long, long]), [0xffff888100000000n, 4096n, 65n]],
  ['%s %d %s\\n, errno_name() deferred', { ...site([s, lit(' '), d, lit(' '), s, lit('\n')], [fixed(16), long]), args: [arg(0), arg(1), { kind: 'intrinsic', name: 'errno_name', args: [arg(1)] }] }, ['cat', 2n]],
];

function record(number, { leaves }, values) {
  const parts = leaves.map((leaf, index) => {
    const value = values[index];
    const word = Buffer.alloc(8);
    if (leaf.kind === 'long') {
      word.writeBigInt64LE(BigInt.asIntN(64, value));
      return word;
    }
    if (leaf.kind === 'fixed') return Buffer.concat([Buffer.from(value), Buffer.alloc(leaf.bytes - value.length)]);
    word.writeBigInt64LE(BigInt(value.length));
    return Buffer.concat([word, Buffer.from(value), Buffer.alloc((8 - (value.length % 8)) % 8)]);
  });
  const header = Buffer.alloc(8);
  header.writeUInt32LE(number, 0);
  header.writeUInt32LE(8 + parts.reduce((sum, part) => sum + part.length, 0), 4);
  return Buffer.concat([header, ...parts]);
}

const metadata = {
  format: 1, compiler: '', name: 'bench', arch: 'x86_64', kernelRelease: '', kernelBound: false, limits: { MAXSTRINGLEN: 512, MAXMAPENTRIES: 2048, MAXACTION: 10000, MAXNESTING: 10, MAXERRORS: 0, MAXSKIPPED: 100 },
  sources: [], globals: [], functions: [], probes: [], programs: [], plans: [], maps: [], sites: CASES.map(([, one]) => one), globalsMap: 'globals',
};
const services = { print() {}, warn() {}, exit() {}, monotonicNs: () => 0n, realtimeNs: () => 0n, kernelActive: () => true, identity() {} };
const sink = { warn() {}, exit() {}, error(error) { throw error; }, printError(error) { throw error; } };

const RECORDS = 1_000_000;
const ROUNDS = 5;
for (const [index, [name, one, values]] of CASES.entries()) {
  const program = new HostProgram({ metadata, maps: createMemoryMaps(metadata), possibleCpus: 1, services });
  const out = new OutputBuffer();
  const decoder = new RecordDecoder(program, out, sink);
  const bytes = record(index, one, values);
  const ring = new Uint8Array(bytes.length * 1024);
  for (let at = 0; at < ring.length; at += bytes.length) ring.set(bytes, at);
  let best = Infinity;
  let text = '';
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = process.hrtime.bigint();
    for (let count = 0; count < RECORDS; count += 1) {
      const at = (count & 1023) * bytes.length;
      decoder.handle(ring, at, at + bytes.length);
      if ((count & 16383) === 16383) text = out.take().toString('latin1', 0, 60).split('\n')[0];
    }
    best = Math.min(best, Number(process.hrtime.bigint() - start));
    out.take();
  }
  console.log(`${(RECORDS / best * 1000).toFixed(2).padStart(6)} M records/s  ${(best / RECORDS).toFixed(0).padStart(5)} ns  ${name.padEnd(40)} ${text}`);
}
