import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SHT, writeElf } from '@stapkit/object';
import { architectureNamed, localTarget } from './local-target.js';
import { resolveCommandPath } from '@stapkit/runtime';

/** A BTF file with one type: int "int". */
function smallBtf(): Buffer {
  const strings = Buffer.from('\0int\0');
  const types = Buffer.alloc(16);
  types.writeUInt32LE(1, 0); // name
  types.writeUInt32LE(1 << 24, 4); // BTF_KIND_INT
  types.writeUInt32LE(4, 8); // size
  types.writeUInt32LE((1 << 24) | 32, 12); // signed, 32 bits
  const header = Buffer.alloc(24);
  header.writeUInt16LE(0xeb9f, 0);
  header.writeUInt8(1, 2);
  header.writeUInt32LE(24, 4);
  header.writeUInt32LE(types.length, 12);
  header.writeUInt32LE(types.length, 16);
  header.writeUInt32LE(strings.length, 20);
  return Buffer.concat([header, types, strings]);
}

let folder: string;
const path = process.env['PATH'];
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'stapkit-target-')));
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'bin', 'folder'));
  writeFileSync(join(folder, 'bin', 'tool'), 'program');
  chmodSync(join(folder, 'bin', 'tool'), 0o755);
  symlinkSync('tool', join(folder, 'bin', 'alias'));
  writeFileSync(join(folder, 'good.btf'), smallBtf());
  writeFileSync(join(folder, 'bad.btf'), 'text');
  process.env['PATH'] = `${join(folder, 'none')}:${join(folder, 'bin')}`;
});
afterAll(() => {
  process.env['PATH'] = path;
  rmSync(folder, { recursive: true, force: true });
});

describe('commands', () => {
  test.each([
    ['in PATH', () => 'tool', 'bin/tool'],
    ['a link, resolved', () => 'alias', 'bin/tool'],
    ['by its path', () => join(folder, 'bin/tool'), 'bin/tool'],
    ['missing', () => 'no-such-tool', undefined],
    ['a folder', () => 'folder', undefined],
    ['missing path', () => join(folder, 'tool'), undefined],
  ])('%s', (_name, command, found) => {
    expect(resolveCommandPath(command())).toBe(found === undefined ? undefined : join(folder, found));
  });
});

describe('another kernel', () => {
  test('its BTF from a file, its release as given', () => {
    const target = localTarget({ btfFile: join(folder, 'good.btf'), release: '6.1.0-56-amd64' });
    expect(target.kernelRelease).toBe('6.1.0-56-amd64');
    expect(target.btf?.findByName('int')?.kind).toBe('int');
    expect(target.features.loop).toBe(false);
    expect(target.runningKernelTypes).toBeUndefined();
    expect(target.config('CONFIG_HZ')).toBeUndefined();
  });

  test('a file without a release: the release is not known', () => {
    expect(localTarget({ btfFile: join(folder, 'good.btf') }).kernelRelease).toBe('');
  });

  test('a release without a file: its types are not known', () => {
    const target = localTarget({ release: '4.4.0' });
    expect([target.btf, target.btfProblem]).toEqual([undefined, expect.stringMatching(/^the types of kernel 4\.4\.0 are not known on this machine: give them with --btf FILE \(no vmlinux with BTF at .*\/boot\/vmlinux-4\.4\.0/)]);
  });

  describe('its types from a vmlinux', () => {
    const vmlinux = (name: string): Uint8Array => writeElf({ sections: [{ name, type: SHT.progbits, flags: 0, data: smallBtf() }], symbols: [], relocations: [] });
    const put = (place: string, bytes: Uint8Array | string): string => {
      mkdirSync(dirname(join(folder, place)), { recursive: true });
      writeFileSync(join(folder, place), bytes);
      return join(folder, place);
    };

    test('that --btf names', () => {
      expect(localTarget({ btfFile: put('vmlinux', vmlinux('.BTF')) }).btf?.findByName('int')?.kind).toBe('int');
      expect(() => localTarget({ btfFile: put('stripped', vmlinux('.other')) }).btf).toThrow('has no BTF');
    });

    test('in the folder in which it was built', () => {
      put('tree/vmlinux', vmlinux('.BTF'));
      put('tree/include/config/kernel.release', '9.9.0-test\n');
      const target = localTarget({ kernelTree: join(folder, 'tree') });
      expect([target.kernelRelease, target.isRunningKernel, target.btf?.findByName('int')?.kind]).toEqual(['9.9.0-test', false, 'int']);
      expect(() => localTarget({ kernelTree: join(folder, 'bin') })).toThrow('is no folder in which a kernel was built');
    });

    test('of its debug package', () => {
      put('debug/lib/debug/boot/vmlinux-9.9.1', vmlinux('.BTF'));
      const before = process.env['SYSTEMTAP_DEBUGINFO_PATH'];
      process.env['SYSTEMTAP_DEBUGINFO_PATH'] = join(folder, 'debug/lib/debug');
      try {
        expect(localTarget({ release: '9.9.1' }).btf?.findByName('int')?.kind).toBe('int');
      } finally {
        if (before === undefined) delete process.env['SYSTEMTAP_DEBUGINFO_PATH'];
        else process.env['SYSTEMTAP_DEBUGINFO_PATH'] = before;
      }
    });
  });

  test.each([['bad.btf', /is not a BTF file: /], ['none.btf', /cannot read the BTF file '.*none.btf': ENOENT/]])('%s', (file, message) => {
    const target = localTarget({ btfFile: join(folder, file) });
    expect(() => target.btf).toThrow(message);
  });
});

test('this kernel: nothing is read before it is asked for, and the types are kept for the runtime', () => {
  const target = localTarget();
  expect(target.kernelRelease).toBe(release());
  expect(target.runningKernelTypes).toBeUndefined();
  const { btf } = target;
  expect(target.runningKernelTypes).toBe(btf);
  expect(target.btfProblem === '').toBe(btf !== undefined);
});

test('binaries, also as another process sees them', () => {
  const target = localTarget();
  expect(Buffer.from(target.readBinary(join(folder, 'bin/tool')) ?? []).toString()).toBe('program');
  expect(target.readBinary(join(folder, 'none'))).toBeUndefined();
});

describe('another architecture', () => {
  const own = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const other = own === 'aarch64' ? 'x86_64' : 'aarch64';

  test.each([['arm64', 'aarch64'], ['aarch64', 'aarch64'], ['x86_64', 'x86_64'], ['amd64', 'x86_64']])('%s', (name, architecture) => {
    expect(architectureNamed(name)).toBe(architecture);
  });

  test.each(['mips', '', 'constructor', 'ARM64'])("'%s' is refused", (name) => {
    expect(() => architectureNamed(name)).toThrow(`stapkit does not compile for the architecture '${name}'`);
  });

  test('knows nothing of the kernel that runs here', () => {
    const target = localTarget({ arch: other });
    expect([target.arch, target.kernelRelease, target.isOwnArchitecture, target.isRunningKernel, target.btf]).toEqual([other, '', false, false, undefined]);
    expect(target.btfProblem).toBe(`the types of a kernel for ${other} are not known on this machine: give them with --btf FILE`);
    expect(localTarget({ arch: other, release: release() })).toMatchObject({ isRunningKernel: false, btf: undefined });
  });

  test("its kernel's BTF from a file", () => {
    expect(localTarget({ arch: other, btfFile: join(folder, 'good.btf') }).btf?.findByName('int')?.kind).toBe('int');
  });

  test("this machine's own by its name", () => {
    expect(localTarget({ arch: own })).toMatchObject({ isOwnArchitecture: true, isRunningKernel: true, kernelRelease: release() });
  });
});
