/** `.statement("NAME@FILE:LINE")`, `.nearest`, `.statement(ADDRESS)` and `.absolute` of programs. */
import type { DiagnosticSink } from '../../diagnostics/index.js';
import type { ProbePointComponent } from '../../syntax/index.js';
import { contextWithoutVariables } from '../empty-context.js';
import { hasNoArgument, type Surroundings } from '../family.js';
import { badPattern, needsDebugFile, noStatement, notAtStatement, unknownComponent, unprobeableSymbol, wrongArgument } from '../problems.js';
import type { PlaceKind } from '../processes.js';
import { probedFile, type Program } from '../programs.js';
import type { ResolvedPoint } from '../resolve.js';
import { enclosingInstance, innermost, statementsOf, statementStart, type CodePoint } from './code-points.js';
import { parseFunctionPattern } from './function-pattern.js';
import { userPoint } from './user-points.js';

export const expandUserStatement: PlaceKind = {
  check({ kind, suffixes }, problems) {
    if (kind.argument === undefined) {
      problems.report(wrongArgument(kind, 'a text "NAME@FILE:LINE" or an address'));
      return false;
    }
    if (kind.argument.kind === 'text' && parseFunctionPattern(kind.argument.value) === undefined) {
      problems.report(badPattern(kind.argument.value, kind.span));
      return false;
    }
    return suffixIsKnown(kind, suffixes, problems);
  },

  expand(program, { kind, suffixes }, around, problems) {
    const { argument } = kind;
    const debug = around.debug.of(program.elf, program.path, program.pid);
    if (argument?.kind === 'number') return atAddress(program, { address: argument.value, component: kind, suffix: suffixes[0]?.name }, debug, around, problems);
    const text = argument?.value ?? '';
    if (typeof debug === 'string') {
      problems.report(needsDebugFile(`process.statement("${text}")`, kind.span, debug));
      return [];
    }
    const pattern = parseFunctionPattern(text) ?? { name: text };
    const { points, before, after } = statementsOf(debug, pattern, suffixes[0]?.name === 'nearest');
    if (points.length === 0) problems.report(noStatement(text, kind.span, { path: program.path, before, after }));
    const suffix = suffixes.map(({ name }) => `.${name}`).join('');
    return points.flatMap((point) => userPoint(program, debug, point, { kind: 'statement', suffix, span: kind.span }, around) ?? []);
  },
};

function suffixIsKnown(kind: ProbePointComponent, [suffix, extra]: readonly ProbePointComponent[], problems: DiagnosticSink): boolean {
  if (suffix === undefined) return true;
  const allowed = kind.argument?.kind === 'number' ? ['absolute', 'nearest'] : ['nearest'];
  if (!allowed.includes(suffix.name) || extra !== undefined) {
    problems.report(unknownComponent(extra ?? suffix, 'process.statement', extra === undefined ? allowed : []));
    return false;
  }
  return hasNoArgument(suffix, problems);
}

interface AtAddress { readonly address: bigint; readonly component: ProbePointComponent; readonly suffix: string | undefined }

function atAddress(program: Program, { address, component: { span }, suffix }: AtAddress, debug: ReturnType<Surroundings['debug']['of']>, around: Surroundings, problems: DiagnosticSink): readonly ResolvedPoint[] {
  const wanted = BigInt.asUintN(64, address);
  const start = typeof debug === 'string' || suffix === 'absolute' || !program.elf.isCode(wanted) ? undefined : statementStart(debug, wanted);
  if (suffix === 'nearest' && typeof debug === 'string') {
    problems.report(needsDebugFile(`process.statement(0x${wanted.toString(16)}).nearest`, span, debug));
    return [];
  }
  if (start !== undefined && start !== wanted && suffix !== 'nearest') {
    problems.report(notAtStatement(wanted, start, span));
    return [];
  }
  const pc = start ?? wanted;
  const fileOffset = program.elf.fileOffset(pc);
  if (fileOffset === undefined || !program.elf.isCode(pc)) {
    problems.report(unprobeableSymbol(`0x${pc.toString(16)}`, span, `${program.path} has no code at this address (addresses are those of the file, as nm and objdump print them)`));
    return [];
  }
  const body = typeof debug === 'string' ? undefined : debug.dwarf.functionAt(pc);
  if (typeof debug !== 'string' && body !== undefined) {
    const instance = enclosingInstance(innermost(body.scope, pc));
    const point: CodePoint = { pc, body, name: (instance ?? body).name, qualifiedName: (instance ?? body).qualifiedName, place: undefined, isEntry: pc === body.entryPc, ...(instance === undefined ? {} : { instance }) };
    const resolved = userPoint(program, debug, point, { kind: 'statement', suffix: '', span }, around);
    return resolved === undefined ? [] : [{ ...resolved, name: `${program.label}.statement(0x${pc.toString(16)})` }];
  }
  const name = `${program.label}.statement(0x${pc.toString(16)})`;
  return [{
    name, where: 'kernel', isReturn: false, context: contextWithoutVariables(name, around.lookup, typeof debug === 'string' ? debug : 'the debug information describes no code at this address'),
    attach: { kind: 'user-function', ...probedFile(program), symbol: `0x${pc.toString(16)}`, fileOffset, return: false },
  }];
}
