import type { LoadOptions } from '@stapkit/runtime';
import { avoidedKinds } from './attach-choice.js';
import type { LocalTarget } from './local-target.js';

/** How an object is to be loaded, from flags and environment. Throws UsageError for a bad STAPKIT_ATTACH. */
export function loadOptions(from: { readonly verbose: number; readonly ringMegabytes?: number | undefined; readonly target?: LocalTarget | undefined }): LoadOptions {
  const avoid = avoidedKinds(process.env['STAPKIT_ATTACH']);
  const types = from.target?.runningKernelTypes;
  return {
    wholeLog: from.verbose > 1,
    ...(from.ringMegabytes === undefined ? {} : { ringBytes: from.ringMegabytes * 1024 * 1024 }),
    ...(avoid === undefined ? {} : { avoidKinds: avoid }),
    // 5.5 MB that need not be read twice.
    ...(types === undefined ? {} : { kernelTypes: types }),
  };
}
