/**
 * Takes the kernel's type information (BTF) out of its image, so that objects can be compiled for a kernel that is not
 * running. Layout: Documentation/arch/x86/boot.rst (setup_sects, payload_offset, payload_length), ELF section `.BTF`;
 * Documentation/arch/arm64/booting.rst (magic number of an Image), Documentation/bpf/btf.rst (header).
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const unpack = (command, payload) => {
  // The payload ends with the unpacked size, which decompressors call trailing garbage: their status is not asked.
  try {
    return execFileSync(command, ['-dc'], { input: payload, maxBuffer: 1 << 28, stdio: ['pipe', 'pipe', 'ignore'] });
  } catch (error) {
    if (error.stdout?.length > 0) return error.stdout;
    throw new Error(`${command} could not unpack the kernel image (is it installed?)`, { cause: error });
  }
};

function vmlinuxOf(image) {
  const setup = (image.readUInt8(0x1f1) || 4) + 1;
  const offset = setup * 512 + image.readUInt32LE(0x248);
  const payload = image.subarray(offset, offset + image.readUInt32LE(0x24c));
  const magic = payload.toString('hex', 0, 4);
  if (magic.startsWith('1f8b')) return gunzipSync(payload.subarray(0, -4));
  if (magic === 'fd377a58') return unpack('xz', payload.subarray(0, -4));
  if (magic === '28b52ffd') return unpack('zstd', payload.subarray(0, -4));
  throw new Error(`the kernel image is packed in a way that is not known here (magic ${magic})`);
}

function elfSection(elf, name) {
  const at = Number(elf.readBigUInt64LE(0x28));
  const size = elf.readUInt16LE(0x3a);
  const header = (index) => elf.subarray(at + index * size, at + (index + 1) * size);
  const range = (section) => [Number(section.readBigUInt64LE(0x18)), Number(section.readBigUInt64LE(0x20))];
  const [strings] = range(header(elf.readUInt16LE(0x3e)));
  for (let index = 0; index < elf.readUInt16LE(0x3c); index += 1) {
    const start = strings + header(index).readUInt32LE(0);
    if (elf.toString('latin1', start, elf.indexOf(0, start)) !== name) continue;
    const [offset, length] = range(header(index));
    return elf.subarray(offset, offset + length);
  }
  throw new Error(`the kernel has no ${name} section`);
}

/** An arm64 Image is the kernel's memory, without a table of sections: its BTF is found by the header. */
function btfOfImage(image) {
  const start = Buffer.from('9feb010018000000', 'hex');
  for (let at = image.indexOf(start); at >= 0; at = image.indexOf(start, at + 1)) {
    const [typeOffset, typeLength, stringOffset, stringLength] = [8, 12, 16, 20].map((field) => image.readUInt32LE(at + field));
    const end = at + 24 + stringOffset + stringLength;
    // Types come first and are followed by the strings, of which the first is empty and the last one ends; some 100 KB at the least.
    if (typeOffset === 0 && stringOffset === typeLength && stringOffset > 100_000 && end <= image.length && image[end - 1] === 0 && image[end - stringLength] === 0)
      return image.subarray(at, end);
  }
  throw new Error('the kernel image has no BTF');
}

const isArm64Image = (image) => image.toString('latin1', 56, 60) === 'ARM\x64';

/** @returns {string} path of a file with the BTF of a fetched kernel, made once */
export function kernelBtf(kernel) {
  const file = join(kernel.folder, 'btf');
  if (existsSync(file)) return file;
  const image = readFileSync(kernel.image);
  writeFileSync(file, isArm64Image(image) ? btfOfImage(image) : elfSection(vmlinuxOf(image), '.BTF'));
  return file;
}
