/** Points in programs that have debug information: functions and what is in them, statements. */
import type { AttachPoint } from '@stapkit/object';
import type { Span } from '../../source/index.js';
import type { Surroundings } from '../family.js';
import { probedFile, type Program } from '../programs.js';
import type { ResolvedPoint } from '../resolve.js';
import { TargetContext, type DebugScope } from '../target-context.js';
import { callerGuard } from './caller-guard.js';
import type { CodePoint } from './code-points.js';
import type { DebugProgram } from './debug-program.js';
import { debugScope } from './debug-scope.js';
import { moduleTypes } from './module-types.js';
import { frameRule, type ProbedPlace } from './probed-code.js';

export interface PointForm {
  /** What stands behind the function's name: `.call`, `.return`, `.label("out")`; "" for none. */
  readonly suffix: string;
  readonly kind: 'function' | 'statement';
  readonly isReturn?: boolean;
  /** Return addresses of the calls that count; the probe is at the called function's entry. */
  readonly calledFrom?: readonly bigint[];
  readonly span: Span;
}

/** Undefined when the code is not in the file. */
export function userPoint(program: Program, debug: DebugProgram, point: CodePoint, form: PointForm, around: Surroundings): ResolvedPoint | undefined {
  const { body, instance } = point;
  const isReturn = form.isReturn === true;
  const { arch } = around.target;
  const rule = frameRule({ program: debug, arch, body: point.body }, point.pc);
  const isFirst = point.pc === body.entryPc;
  const attach = attachPoint(program, point, isReturn, isFirst ? undefined : rule);
  if (attach === undefined) return undefined;
  const name = `${program.label}.${form.kind}("${point.qualifiedName}${placeText(point)}")${form.suffix}`;
  const place: ProbedPlace = {
    program: debug, arch, space: 'user', pc: point.pc, body, instructionPointerBias: 0,
    ...(body.entryPc !== undefined && (isFirst || rule !== undefined) ? { entryPc: body.entryPc } : {}),
  };
  return {
    name, where: 'kernel', isReturn, functionName: point.name, attach,
    context: new TargetContext(withScope({ point: name, around, debug }, () => debugScope({
      place, scope: instance ?? body.scope, ...(isReturn ? { returns: { resultTypeId: body.returnTypeId } } : {}),
    }))),
    ...(form.calledFrom === undefined ? {} : { guard: callerGuard(place, form.calledFrom, isReturn, form.span) }),
  };
}

/** Scopes are read when a variable is asked for: thousands of points may only be listed or counted. */
function withScope({ point, around, debug }: { readonly point: string; readonly around: Surroundings; readonly debug: DebugProgram }, make: () => DebugScope): ConstructorParameters<typeof TargetContext>[0] {
  let scope: DebugScope | undefined;
  return {
    point, lookup: around.lookup, parameters: [], space: 'user', parametersAtEntry: false,
    modules: moduleTypes(debug, around),
    get debug() {
      scope ??= make();
      return scope;
    },
  };
}

function attachPoint(program: Program, { pc, body, name }: CodePoint, isReturn: boolean, rule: ReturnType<typeof frameRule>): Extract<AttachPoint, { kind: 'user-function' }> | undefined {
  const { elf } = program;
  const { entryPc } = body;
  const fileOffset = elf.fileOffset(isReturn && entryPc !== undefined ? entryPc : pc);
  const entryOffset = entryPc === undefined ? undefined : elf.fileOffset(entryPc);
  if (fileOffset === undefined) return undefined;
  const frame = rule === undefined ? {} : { frame: rule };
  // A return probe hijacks the return address at the first instruction; its entry values are read where the parameters are in place.
  const isFirst = pc === entryPc;
  const entry = isReturn
    ? (isFirst ? {} : { entry: { fileOffset: elf.fileOffset(pc) ?? fileOffset, ...frame } })
    : (entryOffset === undefined ? {} : { entry: { fileOffset: entryOffset } });
  return {
    kind: 'user-function', ...probedFile(program), symbol: name, fileOffset, return: isReturn,
    ...(isReturn ? {} : frame), ...entry,
  };
}

const placeText = ({ place }: CodePoint): string => (place === undefined || place.file === '' ? '' : `@${place.file}:${place.line}`);

