/** Passes 1, 2 and 4 over an example for a kernel, and what kept it from passing. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { loadCompiler } from '@stapkit/cli-kit';
import { libraryOf } from './causes.mjs';

const { compileScript } = await loadCompiler();

/** Where no .meta says it: a probe point and some values. */
const OTHER_ARGUMENTS = [['1', '2', '3', '4'], ['begin', 'end', '3', '4'], ['kernel', 'vfs_read', '1'], []];

/** Of scripts without .meta that want more than that. */
const OWN_ARGUMENTS = { 'graphcall.stp': [['/lib/x86_64-linux-gnu/libc.so.6', 'malloc']] };

const failed = (result) => result.diagnostics.some((one) => one.severity === 'error');

/**
 * @param calls how it is called, the best first: that of its run, that of its compilation
 * @param {'elaborate' | undefined} until a pass before the last
 * @returns of the first call that compiles, or else of the last, what passed; `call` is its number
 */
export function compileExample(file, target, calls, until = undefined) {
  let outcome;
  for (const [index, call] of calls.entries()) {
    outcome = { ...compileCall(file, target, call, until), call: index };
    if (outcome.compiles) break;
  }
  const { result, ...passed } = outcome;
  return { ...passed, reasons: passed.compiles ? new Map() : reasonsOf(result, readFileSync(file, 'latin1')) };
}

function compileCall(file, target, call, until) {
  const text = readFileSync(file, 'latin1');
  // Probes of a process of which nothing is said: one that every machine has.
  const input = { scripts: [{ file: basename(file), text }], target, name: 'x', globalOverrides: call.globals, guruMode: true, library: libraryOf(file, call.folders), command: call.command?.split(' ')[0] ?? '/bin/true' };
  const lists = call.args.length > 0 ? [call.args] : [[], ...(OWN_ARGUMENTS[basename(file)] ?? OTHER_ARGUMENTS)];
  let parsed;
  for (const args of lists) {
    parsed = { args, result: compileScript({ ...input, args, until: 'parse' }) };
    if (!failed(parsed.result)) break;
  }
  if (failed(parsed.result)) return { parses: false, elaborates: false, compiles: false, result: parsed.result };
  if (until !== undefined) {
    const result = compileScript({ ...input, args: parsed.args, until });
    return { parses: true, elaborates: !failed(result), compiles: !failed(result), result };
  }
  let whole;
  try {
    whole = compileScript({ ...input, args: parsed.args });
  } catch (error) {
    // A stage's own mistake must not keep the others' results from being seen.
    whole = { diagnostics: [{ severity: 'error', code: 'internal', message: error.message, stack: error.stack }] };
    process.stderr.write(`${file}: ${error.message}\n`);
  }
  const elaborates = !failed(whole) || !failed(compileScript({ ...input, args: parsed.args, until: 'elaborate' }));
  return { parses: true, elaborates, compiles: !failed(whole), result: whole, object: whole.object };
}

const quoted = (message) => /'([^']+)'/.exec(message)?.[1] ?? message;

/** What is missing, and the area of work that it belongs to. */
function reasonOf(one, text) {
  const what = quoted(one.message);
  switch (true) {
    case one.code === 'internal': return ['internal error', one.message];
    case one.code === 'E0301': return ['tapset function', `${what}()`];
    case one.code === 'E0318': return ['embedded C', what === one.message ? 'a block' : `${what}()`];
    case one.code === 'E0405': return ['no script of its own', 'it has no probes: a library of another'];
    case one.code === 'E0401': return ['tapset probe', what];
    // Names of stap's own aliases below names that are probe points here.
    case one.code === 'E0420' && /^'netfilter' has no/.test(one.message): return ['tapset probe', 'netfilter.*'];
    case one.code === 'E0402': case /^E04[2-9]/.test(one.code): return ['probe point', `${one.message}`];
    case one.code === 'E0410': return [/DWARF|debug information/.test(one.message) ? 'needs DWARF' : 'target variable', one.message];
    case one.code === 'E0414': return ['writes to the kernel', what];
    case one.code === 'E0552': return ['refused operator', one.message];
    case /^E05/.test(one.code): return ['in-kernel execution', one.message];
    // A global of stap's library that ours lacks.
    case (one.code === 'E0303' || one.code === 'E0404') && !new RegExp(`^\\s*(private\\s+)?global\\b.*\\b${what}\\b`, 'm').test(text): return ['tapset variable', what];
    default: return ['language', `${one.code} ${one.message}`];
  }
}

function reasonsOf({ diagnostics }, text) {
  const found = new Map();
  const errors = diagnostics.filter((one) => one.severity === 'error');
  // Without a probe or function that is missing, nothing says the types and keys of what they would have used.
  const isConsequence = (one) => (one.code === 'E0307' || one.code === 'E0303') && errors.some((other) => /^E0(301|318|40[12])/.test(other.code));
  // Nor does anything say the types of what a missing global, or a probe that cannot be had, is used with.
  const lacksMore = errors.some((other) => /^E0(303|4)/.test(other.code));
  for (const one of errors) {
    if (isConsequence(one) || (one.code === 'E0307' && lacksMore)) continue;
    const [area, what] = reasonOf(one, text);
    found.set(area, (found.get(area) ?? new Set()).add(what));
  }
  return found;
}
