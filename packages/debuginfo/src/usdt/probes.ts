/** USDT probes of a file: its .note.stapsdt notes (SystemTap's wiki, "UserSpaceProbeImplementation"). */
import type { ElfFile } from '../elf/elf-file.js';
import { ByteReader } from '../reader.js';
import { Glob } from '../glob.js';
import { parseUsdtArguments } from './arguments.js';
import type { UsdtArgument } from './arguments.js';

const NT_STAPSDT = 3;

export interface UsdtProbe {
  readonly provider: string;
  readonly name: string;
  /** Virtual address of the nop that the probe is. ElfFile.fileOffset gives what uprobes want. */
  readonly pc: bigint;
  /** Virtual address of the 2-byte counter that enables it; undefined: it is always enabled. */
  readonly semaphore: bigint | undefined;
  /** As the note has them. */
  readonly argumentText: string;
  readonly arguments: readonly UsdtArgument[];
}

/**
 * The probes whose provider and name match, in the order of the notes; one that was inlined in several places is there
 * several times. Addresses are corrected for prelink by .stapsdt.base. Throws DebugInfoError for damaged notes.
 */
export function readUsdtProbes(elf: ElfFile, provider = '*', name = '*'): UsdtProbe[] {
  const providers = new Glob(provider);
  const names = new Glob(name);
  const baseAddress = elf.section('.stapsdt.base')?.address;
  const found: UsdtProbe[] = [];
  for (const { name: owner, type, description } of elf.notes) {
    if (owner !== 'stapsdt' || type !== NT_STAPSDT) continue;
    const probe = readProbe(description, baseAddress);
    if (providers.matches(probe.provider) && names.matches(probe.name)) {
      found.push({ ...probe, arguments: parseUsdtArguments(probe.argumentText, elf.machine) });
    }
  }
  return found;
}

function readProbe(description: Uint8Array, baseAddress: bigint | undefined): Omit<UsdtProbe, 'arguments'> {
  const reader = new ByteReader(description, '.note.stapsdt');
  const pc = reader.u64();
  const linkedBase = reader.u64();
  const semaphore = reader.u64();
  const provider = reader.cString();
  const name = reader.cString();
  const argumentText = reader.atEnd ? '' : reader.cString();
  // Prelink moves code and data, and not what notes say; the base moves with them.
  const moved = baseAddress === undefined ? 0n : baseAddress - linkedBase;
  return {
    provider, name, argumentText, pc: BigInt.asUintN(64, pc + moved),
    semaphore: semaphore === 0n ? undefined : BigInt.asUintN(64, semaphore + moved),
  };
}

/** Link-time address of the symbol that an operand names: defined in this file. undefined: it has none (a local label, or stripped). */
export function usdtSymbolAddress(elf: ElfFile, symbol: string): bigint | undefined {
  return elf.symbols(symbol.replace(/@(?:GOTPCREL|PLT)$/, ''))[0]?.address;
}
