/** STAPKIT_ATTACH: one way of probing functions alone, for tests and benchmarks. */
import type { ProgramKind } from '@stapkit/object';
import { UsageError } from './exit-codes.js';

const AVOIDED: Readonly<Record<string, readonly ProgramKind[]>> = {
  fentry: ['kprobe', 'kretprobe'],
  kprobe: ['fentry', 'fexit'],
  single: ['kprobe_multi', 'kretprobe_multi', 'uprobe_multi', 'uretprobe_multi'],
};

/** Kinds of programs to pass over; undefined when the variable is not set. Throws UsageError for a value that means nothing. */
export function avoidedKinds(choice: string | undefined): ReadonlySet<ProgramKind> | undefined {
  if (choice === undefined || choice === '') return undefined;
  const avoided = Object.hasOwn(AVOIDED, choice) ? AVOIDED[choice] : undefined;
  if (avoided === undefined) throw new UsageError(`STAPKIT_ATTACH='${choice}' is no way of attaching`, `set it to ${Object.keys(AVOIDED).join(', ')}, or unset it`);
  return new Set(avoided);
}
