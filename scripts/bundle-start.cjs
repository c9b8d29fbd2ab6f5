/**
 * Loads a command's bundle: dist/bundle/start.cjs, from scripts/bundle-start.cjs. Beside each script of a bundle may lie V8's
 * compiled form of it, made when the bundle was (scripts/bundle.mjs): without it a quarter of a short run goes into compiling our
 * own JavaScript. It is named by what made it, and V8 takes it only if flags and length of the script are the same; else V8
 * compiles as ever.
 */
'use strict';
const { closeSync, fstatSync, openSync, readSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { Script } = require('node:vm');

/**
 * Settings of V8 for processes that are short or wait.
 * - interrupt-budget: bytes of bytecode that a function runs before V8 thinks of optimizing it, ten times the default. Optimizing as
 *   early as in servers took a quarter of a compile's processor time and saved none; what is really hot (formatting, debug
 *   information) still is optimized.
 * - semi-space-growth-factor: new objects stay in the 1 MB that they start with. Fresh memory costs more than collecting that often:
 *   grown to 16 MB a compile takes an eighth longer and a fifth more memory.
 */
const FLAGS = ['--interrupt-budget=676000', '--semi-space-growth-factor=1'];

/** Scripts by their paths, with what they export. */
const loaded = new Map();

/** Where the compiled form of a script lies: for this node on this architecture. */
const codeFile = (file) => `${file.slice(0, -'.cjs'.length)}.${process.version}-${process.arch}.code`;

/** Where files are read to, one after another: memory that was used already costs less than fresh memory. */
let place = Buffer.allocUnsafeSlow(2 << 20);

/** The bytes of a file, until the next is read; undefined if there is none. */
function read(path) {
  let file;
  try {
    file = openSync(path, 'r');
  } catch {
    return undefined;
  }
  const { size } = fstatSync(file);
  if (size > place.length) place = Buffer.allocUnsafeSlow(size);
  let length = 0;
  for (let got = -1; got !== 0 && length < size; length += got) got = readSync(file, place, length, size - length, null);
  closeSync(file);
  return place.subarray(0, length);
}

function load(file) {
  const known = loaded.get(file);
  if (known !== undefined) return known.module.exports;
  // A function's text; all its characters are ASCII (scripts/bundle.mjs).
  const source = read(file);
  if (source === undefined) throw new Error(`${file} is missing: install stapkit again`);
  const text = source.latin1Slice();
  const cachedData = read(codeFile(file));
  const script = new Script(text, { filename: file, ...(cachedData === undefined ? {} : { cachedData }) });
  const module = { exports: {} };
  loaded.set(file, { script, module });
  const outside = createRequire(file);
  const inside = (name) => (name.startsWith('./') ? load(join(__dirname, name)) : outside(name));
  script.runInThisContext()(module.exports, inside, module, file, __dirname);
  return module.exports;
}

/** Runs the command. Once in a process. */
exports.start = (name) => {
  const { setFlagsFromString } = require('node:v8');
  for (const flag of FLAGS) setFlagsFromString(flag);
  load(join(__dirname, `${name}.cjs`));
};
/** For bundle-code.cjs and tests. */
exports.loaded = loaded;
exports.codeFile = codeFile;
