/** What the builders of probe points share: one file a family, found by the point's first component. */
import type { ElfFile } from '@stapkit/debuginfo';
import type { DiagnosticSink } from '../diagnostics/index.js';
import type { ProbePoint, ProbePointComponent } from '../syntax/index.js';
import type { Target } from '../target/index.js';
import type { TypeLookup } from './c-types.js';
import type { DebugLibrary } from './dwarf/debug-library.js';
import { wrongArgument } from './problems.js';
import type { ResolvedPoint } from './resolve.js';
import type { KernelSourceIndex } from './source-index.js';
import type { SyscallTable } from './syscall-table.js';

export interface Surroundings {
  readonly target: Target;
  /** Types as the kernel's BTF has them. Opens the BTF when first used. */
  readonly lookup: TypeLookup;
  readonly syscalls: () => SyscallTable;
  /** Source files of the kernel's functions; undefined where no table is given. */
  readonly sources: () => KernelSourceIndex | undefined;
  readonly command: string | undefined;
  /** Debug information of programs. Opens a file when first asked for it. */
  readonly debug: DebugLibrary;
  /** Programs that were read, by path, or what is wrong with them: aliases name one program again and again. */
  readonly programs: Map<string, ElfFile | string>;
  /** Points are listed, not probed. */
  readonly listing: boolean;
}

export type Expand = (point: ProbePoint, around: Surroundings, problems: DiagnosticSink) => readonly ResolvedPoint[];

/** A point's components with their arguments checked: text, number, or none. */
export function textArgument(component: ProbePointComponent, problems: DiagnosticSink): string | undefined {
  if (component.argument?.kind === 'text') return component.argument.value;
  problems.report(wrongArgument(component, 'a text in quotes'));
  return undefined;
}

export function numberArgument(component: ProbePointComponent, problems: DiagnosticSink): bigint | undefined {
  if (component.argument?.kind === 'number') return component.argument.value;
  problems.report(wrongArgument(component, 'a number'));
  return undefined;
}

/** False, and reported, when a component that takes no argument has one. */
export function hasNoArgument(component: ProbePointComponent, problems: DiagnosticSink): boolean {
  if (component.argument === undefined) return true;
  problems.report(wrongArgument(component, 'no argument'));
  return false;
}

/** How many functions a wildcard may name: where each is a program of its own, as many as can be loaded; listed, all. */
export function mostFunctions({ listing, target }: Surroundings): number {
  if (listing) return Infinity;
  return target.features.attachCookie ? 20_000 : 2000;
}

/** A point as text: `kernel.function("vfs_read").return`. */
export function pointText(components: readonly ProbePointComponent[]): string {
  return components.map(({ name, argument }) => {
    if (argument === undefined) return name;
    return argument.kind === 'text' ? `${name}("${argument.value}")` : `${name}(${argument.value})`;
  }).join('.');
}
