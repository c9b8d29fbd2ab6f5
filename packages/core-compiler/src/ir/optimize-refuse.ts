/** What a kernel probe cannot do: reported at the script's own place, with what to do instead. */
import { INTRINSICS } from '@stapkit/object';
import type { AttachPoint, IrBody, IrInstruction, IrProbe, IrProgram, PrintArgument, SourceLocation } from '@stapkit/object';
import type { DiagnosticSink, Note } from '../diagnostics/index.js';
import { inputsOf } from './operands.js';
import { bodiesOf, isPacking, packedIntrinsic } from './pack-texts.js';
import type { PackedHolders } from './pack-texts.js';
import type { SpanTable } from './locations.js';

interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export function refuseInKernel(program: IrProgram, probe: IrProbe, packed: PackedHolders, spans: SpanTable, diagnostics: DiagnosticSink): void {
  const told = new Set<string>();
  const all = bodiesOf(probe).flatMap((body) => body.blocks.flatMap(({ instructions }) => instructions.map((instruction) => ({ body, instruction }))));
  for (const { body, instruction } of all) {
    const refusal = refusalOf(program, instruction) ?? (packed.misused(body, instruction) ? packedRefusal(body, instruction, packed) : undefined) ?? registerRefusal(instruction, probe);
    if (refusal === undefined) continue;
    // A function with a register by name reads one of many: one message is enough.
    const place = instruction.location?.calledFrom ?? instruction.location;
    const what = `${refusal.message} ${place?.line ?? 0}:${place?.column ?? 0} ${place?.file ?? ''}`;
    if (told.has(what)) continue;
    told.add(what);
    const span = instruction.location === undefined ? undefined : spans.get(instruction.location);
    diagnostics.report({
      code: refusal.code,
      severity: 'error',
      message: refusal.message,
      ...(span === undefined ? {} : { span }),
      notes: [...calls(instruction.location?.calledFrom, spans), { message: `in the kernel probe ${probe.name}` }],
      hints: [refusal.hint],
    });
  }
}

function calls(location: SourceLocation | undefined, spans: SpanTable): Note[] {
  const span = location === undefined ? undefined : spans.get(location);
  return span === undefined ? [] : [{ message: 'called here', span }];
}

function refusalOf(program: IrProgram, one: IrInstruction): Refusal | undefined {
  switch (one.op) {
    case 'format': {
      const histogram = findHistogram(one.args);
      return histogram === undefined ? undefined : histogramRefusal(program, histogram);
    }
    case 'intrinsic': {
      const where = INTRINSICS[one.name]?.where;
      if (where === 'host') {
        return { code: 'E0504', message: `'${one.name}' is used in a kernel probe, and its result decides something there`, hint: 'keep the argument in a global and do it in an end or timer probe, or only print the result' };
      }
      if (where === 'print') {
        return {
          code: 'E0505',
          message: `what '${one.name}' makes is used in a kernel probe for more than printing`,
          hint: 'use the value that it is made of (as key, in comparisons, in globals) and make the text where it is printed',
        };
      }
      return undefined;
    }
    default: return undefined;
  }
}

/** Only whether two of these texts are equal can be told without the texts. */
function packedRefusal(body: IrBody, one: IrInstruction, packed: PackedHolders): Refusal {
  const made = body.blocks.flatMap(({ instructions }) => instructions).find((other) => isPacking(other) && 'dst' in other && inputsOf(one).some((value) => 'register' in value && value.register === other.dst && packed.holds(body, value)));
  return {
    code: 'E0505',
    message: `${made === undefined ? 'a text of stacks or symbols' : `the text that '${packedIntrinsic(made)}' makes`} is looked at in a kernel probe, where nothing knows the names`,
    hint: 'there it can be a key, be kept, joined to other texts, printed, and compared with another such text or with "": do the rest in an end or timer probe',
  };
}

/** What a tracepoint lacks. A function without registers is probed by kprobe. */
function registerRefusal(one: IrInstruction, { attach }: IrProbe): Refusal | undefined {
  const event = eventOf(attach);
  if (event === undefined) return undefined;
  const hint = `${event.hint}@uregister(n) for the registers of the process`;
  if (one.op === 'read-register' && one.of === 'probe') return { code: 'E0507', message: `${event.name} does not save the machine registers`, hint };
  if (one.op !== 'intrinsic') return undefined;
  if (one.name === 'register_return') return { code: 'E0507', message: `${event.name} has no return value`, hint };
  const [number] = one.args;
  if (one.name !== 'register_argument' || number === undefined || !('long' in number) || number.long <= BigInt(event.arguments)) return undefined;
  return { code: 'E0507', message: `there is no argument ${number.long}: ${event.name} has ${event.arguments}`, hint };
}

/** Probes at no machine code of the script's choice: they have no registers. */
function eventOf(attach: AttachPoint): { readonly name: string; readonly arguments: number; readonly hint: string } | undefined {
  if (attach.kind === 'tracepoint') return { name: 'the tracepoint', arguments: attach.arguments, hint: 'use the parameters of the tracepoint, or ' };
  if (attach.kind === 'netfilter') return { name: 'the netfilter hook', arguments: 0, hint: 'use $skb, $in and $out, or ' };
  if (attach.kind === 'process' && attach.event !== 'syscall' && attach.event !== 'syscall-return') return { name: 'the begin or end of a process', arguments: 0, hint: 'use ' };
  return undefined;
}

function histogramRefusal(program: IrProgram, global: number): Refusal {
  const name = program.globals[global]?.name ?? '';
  return { code: 'E0503', message: `the histogram of '${name}' is read in a kernel probe`, hint: 'do it in an end or timer probe' };
}

function findHistogram(args: readonly PrintArgument[]): number | undefined {
  for (const arg of args) {
    if (arg.kind === 'value') continue;
    const found = arg.kind === 'histogram' ? arg.global : findHistogram(arg.args);
    if (found !== undefined) return found;
  }
  return undefined;
}
