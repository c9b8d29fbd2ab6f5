#!/usr/bin/env node
/**
 * node scripts/fuzz-syntax.mjs [inputs] [seed]: lexer, preprocessor and parser on changed scripts. Each input must end within
 * a second of processor time, without an exception, with a tree or a diagnostic; a clean tree must print to itself. Seeds: testing/corpus and,
 * where installed, the example scripts of Debian's systemtap-doc. Needs `npm run build`.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DiagnosticSink, renderDiagnostic } from '../packages/core-compiler/dist/diagnostics/index.js';
import { SourceText } from '../packages/core-compiler/dist/source/index.js';
import { parseScript, printScript } from '../packages/core-compiler/dist/syntax/index.js';
import { chance, inputsAndSeed, LIMIT_MS, Stopwatch } from './fuzz-inputs.mjs';

const { inputs, seed } = inputsAndSeed(process.argv.slice(2));
const PIECE_BYTES = 1500;

const { below, pick } = chance(seed);

const folders = [new URL('../testing/corpus', import.meta.url).pathname, '/usr/share/systemtap/examples'].filter((folder) => existsSync(folder));
const scripts = folders.flatMap((folder) => readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.stp')).map((name) => readFileSync(join(folder, name), 'latin1')));
const TOKENS = ['{', '}', '(', ')', '[', ']', '"', "'", '%(', '%?', '%:', '%)', '%{', '%}', '/*', '*/', '#', '$', '@', '$1', '@1', '$#', '@define x %(', '<<<', '>>>', '=~', '->', '++', '.', ',', ';', '?', '!', '*', '0x', '9'.repeat(30), '\\', '\n', '\xff', '\0', 'probe ', 'global ', 'function ', 'foreach (', ' in ', ' limit ', 'try ', 'catch ', 'if (', ' else ', 'next', 'return ', '@entry(', '@hist_log(', '@cast(', 'kernel_v', 'private '];
const facts = { kernelVersion: '6.1.0', kernelRelease: '6.1.0-56-amd64', arch: 'x86_64', config: () => undefined, systemtapVersion: '5.6', runtime: 'bpf', guruMode: false, privilege: 'stapdev' };

/** A piece of a script with some bytes taken out, put in, doubled, or exchanged with another script's. */
function change() {
  const script = pick(scripts);
  const start = script.length > PIECE_BYTES && below(3) > 0 ? below(script.length - PIECE_BYTES) : 0;
  let text = script.slice(start, start + PIECE_BYTES);
  for (let edits = 1 + below(6); edits > 0; edits -= 1) {
    const at = below(text.length + 1);
    const length = below(20);
    const kind = below(5);
    const insert = kind === 0 ? pick(TOKENS) : kind === 1 ? pick(scripts).slice(at, at + below(80)) : kind === 2 ? text.slice(at, at + length).repeat(2) : kind === 3 ? String.fromCharCode(below(256)) : '';
    text = text.slice(0, at) + insert + text.slice(kind === 1 || kind === 4 ? at + length : at);
  }
  return text;
}

function parse(text) {
  const diagnostics = new DiagnosticSink();
  return { script: parseScript(new SourceText('fuzz.stp', text), { diagnostics, facts, args: ['12', 'x y'] }), diagnostics };
}

let clean = 0;
const watch = new Stopwatch();
process.stdout.write(`${inputs} inputs from ${scripts.length} scripts, seed ${seed}\n`);
for (let count = 0; count < inputs; count += 1) {
  const text = change();
  watch.begin();
  const fail = (why) => {
    process.stdout.write(`input ${count} of seed ${seed}: ${why}\n${JSON.stringify(text)}\n`);
    process.exit(1);
  };
  try {
    const { script, diagnostics } = parse(text);
    for (const one of diagnostics.all.slice(0, 2)) renderDiagnostic(one);
    if (diagnostics.all.length === 0) {
      const printed = printScript(script);
      const again = parse(printed);
      if (again.diagnostics.hasErrors || printScript(again.script) !== printed) fail('the printed tree reads as another one');
      clean += 1;
    } else if (script === undefined) fail('neither a tree nor a diagnostic');
  } catch (error) {
    fail(error.stack);
  }
  const took = watch.end();
  if (took > LIMIT_MS) fail(`took ${took.toFixed(0)} ms`);
}
process.stdout.write(`no crash, no hang: ${clean} parsed cleanly and printed to themselves, ${inputs - clean} got diagnostics; slowest ${watch.slowest.toFixed(0)} ms\n`);
