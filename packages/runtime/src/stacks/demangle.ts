/**
 * Readable names of C++ and Rust functions: the crates cpp_demangle and rustc-demangle as WebAssembly, as the Firefox profiler has
 * them (npm: gecko-profiler-demangle). Its own script asks for a bundler that loads WebAssembly; these few lines stand for it.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** What the module gives, by the rules of wasm-bindgen: texts are UTF-8 in its memory, as address and length. */
interface Demangler {
  readonly memory: { readonly buffer: ArrayBuffer };
  demangle_any(address: number, length: number): readonly [address: number, length: number];
  __wbindgen_malloc(size: number, alignment: number): number;
  __wbindgen_free(address: number, size: number, alignment: number): void;
}

/** Node has it; the language's own library, which is all that we compile with, does not. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

/** The Itanium C++ ABI's names, with the one more underscore of some linkers, and those of Rust's newer scheme; its older one looks like C++. */
const MANGLED = /^_{1,2}[ZR][A-Za-z0-9]/;

let demangler: Demangler | null | undefined;

function load(): Demangler | null {
  try {
    const file = createRequire(import.meta.url).resolve('gecko-profiler-demangle/index_bg.wasm');
    // The table of references to objects of ours, which this import sets up, is not used by texts.
    const imports = { './index_bg.js': { __wbindgen_init_externref_table: () => undefined } };
    return new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), imports).exports as Demangler;
  } catch (error) {
    process.emitWarning(`names of C++ and Rust functions stay mangled: ${(error as Error).message.split('\n')[0] ?? ''}; npm ci installs what is missing`);
    return null;
  }
}

/** The name as a programmer knows it, with the parameters that the symbol tells; a name that is not mangled stays as it is. */
export function demangle(symbol: string): string {
  if (!MANGLED.test(symbol)) return symbol;
  if (demangler === undefined) demangler = load();
  if (demangler === null) return symbol;
  const bytes = Buffer.from(symbol);
  // The callee frees what it is given; what it gives is ours to free.
  const given = demangler.__wbindgen_malloc(bytes.length, 1);
  new Uint8Array(demangler.memory.buffer).set(bytes, given);
  const [address, length] = demangler.demangle_any(given, bytes.length);
  const name = Buffer.from(demangler.memory.buffer, address, length).toString();
  demangler.__wbindgen_free(address, length, 1);
  // What it does not understand it may still rid of an underscore.
  return symbol.endsWith(name) ? symbol : name;
}
