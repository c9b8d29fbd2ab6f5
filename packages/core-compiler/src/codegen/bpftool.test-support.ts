/** Loads objects with bpftool (libbpf): a second opinion on our ELF, and the real verifier. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why nothing can be loaded here; undefined: it can. */
export function whyNoVerifier(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root';
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'the kernel has no BTF';
  if (spawnSync('bpftool', ['version']).status !== 0) return 'bpftool is not installed';
  return undefined;
}

export class BpfFileSystem {
  readonly directory: string;
  #count = 0;

  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'stapkit-bpffs-'));
    execFileSync('mount', ['-t', 'bpf', 'bpf', this.directory]);
  }

  /** Loads all programs; the verifier's or libbpf's words on failure. */
  load(object: Uint8Array): string | undefined {
    const name = `object${this.#count++}`;
    const file = join(tmpdir(), `stapkit-${process.pid}-${name}.o`);
    writeFileSync(file, object);
    const pins = join(this.directory, name);
    const { status, stderr } = spawnSync('bpftool', ['prog', 'loadall', file, pins], { encoding: 'utf8', maxBuffer: 1 << 28 });
    rmSync(pins, { recursive: true, force: true });
    if (status === 0) {
      rmSync(file);
      return undefined;
    }
    return `${file}\n${stderr.slice(-6000)}`;
  }

  close(): void {
    execFileSync('umount', [this.directory]);
    rmdirSync(this.directory);
  }
}
