/** What a script asks for that cannot become a BPF program: found while code is generated. The `ir` stage has E0501 to E0509. */
export const REFUSAL = {
  /** An argument that must be a constant, or a constant that is out of range. */
  argument: 'E0511',
  /** This kernel is too old for it. */
  kernelTooOld: 'E0512',
  /** More code, stack or memory than a BPF program has. */
  tooLarge: 'E0513',
} as const;

export type RefusalCode = (typeof REFUSAL)[keyof typeof REFUSAL];
