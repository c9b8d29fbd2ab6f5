/** The run-time errors that BPF code can raise, in stap's words. */
import type { FormatPiece, IrInstruction } from '@stapkit/object';

export interface ErrorMessage {
  /** Number that `caught` tells messages apart by; 0 is a text of the script's own. */
  readonly id: number;
  readonly pieces: readonly FormatPiece[];
  /** The message carries one number. */
  readonly hasNumber: boolean;
}

const ADDRESS: FormatPiece = { conversion: 'x', flag: '0', width: 16 };
let next = 1;
const plain = (text: string): ErrorMessage => ({ id: next++, pieces: [{ literal: text }], hasNumber: false });
const numbered = (before: string, piece: FormatPiece, after = ''): ErrorMessage =>
  ({ id: next++, pieces: [{ literal: before }, piece, ...(after === '' ? [] : [{ literal: after }])], hasNumber: true });

export const SCRIPT_TEXT_ID = 0;

export const ERRORS = {
  divisionByZero: plain('division by 0'),
  kernelRead: numbered('kernel read fault at 0x', ADDRESS),
  userRead: numbered('user read fault at 0x', ADDRESS),
  kernelText: numbered('kernel string copy fault at 0x', ADDRESS),
  userText: numbered('user string copy fault at 0x', ADDRESS),
  arrayOverflow: plain('Array overflow, check MAXMAPENTRIES'),
  arraySizeLimit: numbered('Array overflow, check size limit (', { conversion: 'd' }, ')'),
  arrayUpdate: numbered('array update failed with error ', { conversion: 'd' }),
  emptyAggregate: plain('empty aggregate'),
  histogramIndex: plain('histogram index out of range'),
  maxAction: plain('MAXACTION exceeded'),
  verdict: numbered('netfilter verdict ', { conversion: 'd' }, ' is neither 0 (NF_DROP) nor 1 (NF_ACCEPT)'),
} as const satisfies Record<string, ErrorMessage>;

/** The errors that an instruction can raise. */
export function errorsOf(instruction: IrInstruction, isSizeLimited: (global: number) => boolean): readonly ErrorMessage[] {
  const full = (global: number): readonly ErrorMessage[] => [isSizeLimited(global) ? ERRORS.arraySizeLimit : ERRORS.arrayOverflow, ERRORS.arrayUpdate];
  switch (instruction.op) {
    case 'binary': {
      const divides = instruction.fn === 'div' || instruction.fn === 'mod';
      return divides && !('long' in instruction.b && instruction.b.long !== 0n) ? [ERRORS.divisionByZero] : [];
    }
    case 'array-set': case 'array-add': return full(instruction.global);
    case 'stat-add': return instruction.keys === undefined ? [] : full(instruction.global);
    case 'stat-get': return instruction.fn === 'count' || instruction.fn === 'sum' ? [] : [ERRORS.emptyAggregate];
    case 'print': return instruction.args.some(({ kind }) => kind === 'histogram') ? [ERRORS.emptyAggregate] : [];
    case 'histogram-get': return [ERRORS.emptyAggregate, ERRORS.histogramIndex];
    case 'read-memory': case 'read-bytes': return [instruction.space === 'kernel' ? ERRORS.kernelRead : ERRORS.userRead];
    case 'read-text': return instruction.fallback !== undefined ? [] : [instruction.space === 'kernel' ? ERRORS.kernelText : ERRORS.userText];
    case 'intrinsic': return errorsOfIntrinsic(instruction.name);
    default: return [];
  }
}

function errorsOfIntrinsic(name: string): readonly ErrorMessage[] {
  switch (name) {
    case 'read_kernel_long': return [ERRORS.kernelRead];
    case 'read_user_long': return [ERRORS.userRead];
    case 'read_kernel_text': return [ERRORS.kernelText];
    case 'read_user_text': return [ERRORS.userText];
    case 'set_verdict': return [ERRORS.verdict];
    default: return [];
  }
}
