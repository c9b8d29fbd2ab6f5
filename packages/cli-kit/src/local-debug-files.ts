/** Debug files of this machine: the search of packages/debuginfo with this machine's files, debuginfod servers and kernel. */
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { release as runningRelease } from 'node:os';
import { buildIdOfNotes, distributionOf, findAlternateDebugFile, findDebugFile, findKernelDebugFile, findModuleDebugFile, kernelDebugAdvice, parseSearchPath } from '@stapkit/debuginfo';
import type { DebugFileResult, DebugFileStore, ElfFile, KernelQuery } from '@stapkit/debuginfo';
import type { ProcessFile } from '@stapkit/core-compiler/target';
import { fetchDebugFile } from './debuginfod.js';
import { openFileSource, pathBelowRoot } from '@stapkit/runtime';

/** Prefix of the files that a process sees, when its file is opened by way of /proc. */
const rootOf = (path: string): string => {
  const process = /^\/proc\/\d+\//.exec(path)?.[0];
  return process === undefined ? '' : `${process}root`;
};

/** As the process names the file that `path` leads to: /proc/PID/exe, /proc/PID/map_files/…, or something below its root. */
function nameBelow(root: string, path: string, name: string): string {
  if (path.startsWith(`${root}/`)) return path.slice(root.length);
  let linked = name;
  try {
    linked = readlinkSync(path).replace(/ \(deleted\)$/, '');
  } catch {
    // It ended just now.
  }
  return pathBelowRoot(Number(path.split('/')[2]), linked);
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

export class LocalDebugFiles {
  readonly #kernelRelease: string;
  readonly #searchPath = parseSearchPath(process.env['SYSTEMTAP_DEBUGINFO_PATH']);
  readonly #store: DebugFileStore;

  /**
   * @param kernelRelease of the kernel that is compiled for; '' when it is not known
   * @param fetch where what is not on this machine comes from
   */
  constructor(kernelRelease: string, fetch: NonNullable<DebugFileStore['fetch']> = fetchDebugFile) {
    this.#kernelRelease = kernelRelease;
    this.#store = { open: openFileSource, realPath, searchPath: this.#searchPath, fetch };
  }

  /** Folders of debug files, as /usr/lib/debug is one. */
  get roots(): readonly string[] {
    return this.#searchPath.roots;
  }

  debugFile({ path, name }: ProcessFile, elf: ElfFile): DebugFileResult {
    const root = rootOf(path);
    return findDebugFile(this.#store, { path: root === '' ? path : nameBelow(root, path, name), elf, root });
  }

  alternateDebugFile(debug: ElfFile, debugPath: string): DebugFileResult | undefined {
    return findAlternateDebugFile(this.#store, { elf: debug }, debugPath, rootOf(debugPath));
  }

  kernelDebugFile(): DebugFileResult {
    if (this.#kernelRelease === '') return { missing: 'no DWARF of the kernel: its release is not known (give it with -r)', tried: [], askedServers: false };
    return findKernelDebugFile(this.#store, this.#query('/sys/kernel/notes'));
  }

  /** What has the kernel's debug information, for messages: "install …". */
  get kernelAdvice(): string {
    return kernelDebugAdvice({ release: this.#kernelRelease, distribution: localDistribution() });
  }

  /** Of the running kernel. */
  get kernelBuildId(): string | undefined {
    return buildIdOf('/sys/kernel/notes');
  }

  moduleDebugFile(module: string): DebugFileResult {
    return findModuleDebugFile(this.#store, module, this.#modulePath(module), this.#query(`/sys/module/${module}/notes/.note.gnu.build-id`));
  }

  /** Modules of the kernel that are installed here, or whose debug information is. */
  moduleNames(): readonly string[] {
    return [...new Set(this.#modulePaths().map(moduleName))].sort();
  }

  #query(notes: string): KernelQuery {
    const buildId = this.#kernelRelease === runningRelease() ? buildIdOf(notes) : undefined;
    return { release: this.#kernelRelease, distribution: localDistribution(), ...(buildId === undefined ? {} : { buildId }) };
  }

  /** Path of a module below /lib/modules/RELEASE. lsmod's names have "_" where file names may have "-". */
  #modulePath(module: string): string | undefined {
    const wanted = module.replaceAll('-', '_');
    return this.#modulePaths().find((path) => moduleName(path) === wanted);
  }

  /** Modules of an installed kernel; of one that only its debug package is here of, those of the package. */
  #modulePaths(): readonly string[] {
    const release = this.#kernelRelease;
    try {
      return readFileSync(`/lib/modules/${release}/modules.dep`, 'latin1').split('\n').map((line) => line.slice(0, Math.max(0, line.indexOf(':'))));
    } catch {
      // The kernel is not installed here.
    }
    for (const root of this.#searchPath.roots.flatMap((one) => [`${one}/lib/modules`, `${one}/usr/lib/modules`])) {
      try {
        return readdirSync(`${root}/${release}`, { recursive: true, encoding: 'latin1' }).filter((path) => /\.ko(?:\.debug)?$/.test(path)).map((path) => path.replace(/\.debug$/, ''));
      } catch {
        // Nor is it there.
      }
    }
    return [];
  }
}

/** This machine's os-release file; os-release(5) says where it stands. */
export function readOsRelease(): string {
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      // The other one, or none.
    }
  }
  return '';
}

/** ID and ID_LIKE of this machine's os-release, itself first. */
export const localDistribution = (): string[] => distributionOf(readOsRelease());

function buildIdOf(notes: string): string | undefined {
  try {
    return buildIdOfNotes(readFileSync(notes));
  } catch {
    return undefined; // not exported, or the module is not loaded: the release must do
  }
}

const moduleName = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/\.ko(?:\.\w+)?$/, '').replaceAll('-', '_');
