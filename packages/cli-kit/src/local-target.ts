/**
 * The compiler's Target for the machine that this process runs on, or for another kernel whose BTF is in
 * a file. Everything is read when first asked for: a script without kernel types never opens the BTF.
 */
import { accessSync, constants, existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Btf } from '@stapkit/debuginfo';
import { featuresFromBtf, type Architecture, type Target, type TargetFeatures } from '@stapkit/core-compiler';
import { EXIT, UsageError } from './exit-codes.js';

export interface TargetOptions {
  /** BTF of another kernel; its release must then be given too. */
  readonly btfFile?: string;
  readonly release?: string;
}

const BTF_OF_RUNNING_KERNEL = '/sys/kernel/btf/vmlinux';
const TRACEFS = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];

function architecture(): Architecture {
  if (process.arch === 'x64') return 'x86_64';
  if (process.arch === 'arm64') return 'aarch64';
  throw new UsageError(`stapkit does not know this processor ('${process.arch}')`, 'x86-64 and arm64 are supported');
}

/** Contents of a file, or why it cannot be had. */
function tryRead(path: string): Buffer | string {
  try {
    return readFileSync(path);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

function readConfig(kernelRelease: string): Map<string, string> {
  const packed = kernelRelease === release() ? tryRead('/proc/config.gz') : 'ENOENT';
  const plain = typeof packed === 'string' ? tryRead(`/boot/config-${kernelRelease}`) : gunzipSync(packed);
  const settings = new Map<string, string>();
  if (typeof plain === 'string') return settings;
  for (const line of plain.toString('latin1').split('\n')) {
    const match = /^(CONFIG_\w+)=(?:"(.*)"|(.*))$/.exec(line);
    if (match?.[1] !== undefined) settings.set(match[1], match[2] ?? match[3] ?? '');
  }
  return settings;
}

/** Keeps the first result of a function. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** The path of a command as the kernel would run it; symlinks resolved, so that uprobes find the inode. */
export function resolveCommandPath(path: string): string | undefined {
  const candidates = path.includes('/')
    ? [isAbsolute(path) ? path : resolve(path)]
    : (process.env['PATH'] ?? '/usr/bin:/bin').split(delimiter).map((folder) => join(folder, path));
  for (const candidate of candidates) {
    try {
      accessSync(candidate, constants.R_OK);
      if (statSync(candidate).isFile()) return realpathSync(candidate);
    } catch {
      // Not here; the next folder of PATH may have it.
    }
  }
  return undefined;
}

class LocalTarget implements Target {
  readonly arch: Architecture = architecture();
  readonly kernelRelease: string;
  readonly features: TargetFeatures = featuresFromBtf(this);
  readonly #config: () => Map<string, string>;
  readonly #btf: () => Btf | string;

  constructor(options: TargetOptions) {
    this.kernelRelease = options.release ?? release();
    this.#config = once(() => readConfig(this.kernelRelease));
    const file = options.btfFile ?? BTF_OF_RUNNING_KERNEL;
    this.#btf = once(() => {
      const bytes = tryRead(file);
      if (typeof bytes !== 'string') return Btf.parse(bytes);
      if (options.btfFile !== undefined) throw new UsageError(`cannot read the BTF file '${file}': ${bytes}`, undefined, EXIT.cannot);
      return bytes === 'ENOENT' ? 'this kernel has no BTF (CONFIG_DEBUG_INFO_BTF is not set)' : `${file} cannot be read: ${bytes}`;
    });
  }

  config(name: string): string | undefined {
    return this.#config().get(name);
  }

  get btf(): Btf | undefined {
    const btf = this.#btf();
    return typeof btf === 'string' ? undefined : btf;
  }

  get btfProblem(): string {
    const btf = this.#btf();
    return typeof btf === 'string' ? btf : '';
  }

  tracepoints(): readonly string[] | undefined {
    for (const root of TRACEFS) {
      const list = tryRead(`${root}/available_events`);
      if (typeof list !== 'string') return list.toString('latin1').split('\n').filter((line) => line !== '');
    }
    return undefined;
  }

  tracepointSystem(name: string): string | undefined {
    const suffix = `:${name}`;
    return this.tracepoints()?.find((full) => full.endsWith(suffix))?.slice(0, -suffix.length);
  }

  readBinary(path: string, pid?: number): Uint8Array | undefined {
    const inNamespace = pid === undefined ? path : `/proc/${pid}/root${path}`;
    const bytes = tryRead(existsSync(inNamespace) ? inNamespace : path);
    return typeof bytes === 'string' ? undefined : bytes;
  }

  resolvePath(path: string): string | undefined {
    return resolveCommandPath(path);
  }
}

/** Facts about this machine, or with `btfFile` and `release` about another kernel of the same architecture. */
export function localTarget(options: TargetOptions = {}): Target {
  return new LocalTarget(options);
}
