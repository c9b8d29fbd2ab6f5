/** Shell words that load modules of a guest's kernel with what they depend on: the kernel packages come without modprobe's index. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const MODULE = /\.ko(\.xz)?$/;
const nameOf = (path) => basename(path).replace(MODULE, '').replaceAll('-', '_');

/** The names that a module's own information gives. */
const dependencies = (module) => (/\0depends=([^\0]*)\0/.exec(module.toString('latin1'))?.[1] ?? '').split(',').filter(Boolean).map((one) => one.replaceAll('-', '_'));

/**
 * @param {{ modules: string }} kernel as fetchKernel gives it
 * @param {Readonly<Record<string, string>>} wanted parameters by the module's name; what the kernel has built in is left out
 * @param {string} folder where the modules go, uncompressed
 * @param {string} seen the same folder as the guest sees it
 * @returns {string} words that end with a semicolon
 */
export function loadModules(kernel, wanted, folder, seen) {
  const files = new Map(readdirSync(kernel.modules, { recursive: true, encoding: 'utf8' }).filter((path) => MODULE.test(path)).map((path) => [nameOf(path), join(kernel.modules, path)]));
  const done = new Set();
  const words = [];
  mkdirSync(folder, { recursive: true });
  const load = (name) => {
    const packed = files.get(name);
    if (packed === undefined || done.has(name)) return;
    done.add(name);
    const module = packed.endsWith('.xz') ? execFileSync('xz', ['-dc', packed], { maxBuffer: 1 << 28 }) : readFileSync(packed);
    writeFileSync(join(folder, `${name}.ko`), module);
    for (const one of dependencies(module)) load(one);
    words.push(`[ -d /sys/module/${name} ] || busybox insmod ${seen}/${name}.ko ${wanted[name] ?? ''};`);
  };
  for (const name of Object.keys(wanted)) load(name);
  return `${words.join(' ')} `;
}
