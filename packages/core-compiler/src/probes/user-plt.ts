/** process….plt("NAME") and .plt("NAME").return: calls that a program makes into its libraries, at the stubs of the procedure linkage table. */
import { Glob, isGlob, pltStubs } from '@stapkit/debuginfo';
import { similarNames } from '../diagnostics/index.js';
import { hasNoArgument, textArgument, type Surroundings } from './family.js';
import { noSuchStub, unknownComponent } from './problems.js';
import type { PlaceKind, ProgramPlace } from './processes.js';
import { probedFile, type Program } from './programs.js';
import { TargetContext } from './target-context.js';
import type { ResolvedPoint } from './resolve.js';

export const expandPlt: PlaceKind = {
  check({ kind, suffixes: [suffix, extra] }, problems) {
    if (kind.argument !== undefined && textArgument(kind, problems) === undefined) return false;
    const wrong = suffix !== undefined && suffix.name !== 'return' ? suffix : extra;
    if (wrong !== undefined) {
      problems.report(unknownComponent(wrong, wrong === suffix ? 'process.plt' : 'process.plt.return', wrong === suffix ? ['return'] : []));
      return false;
    }
    return suffix === undefined || hasNoArgument(suffix, problems);
  },
  expand(program, place, around, problems) {
    const pattern = patternOf(place);
    const stubs = pltStubs(program.elf);
    const glob = isGlob(pattern) ? new Glob(pattern) : undefined;
    const found = stubs.filter(({ name }) => (glob === undefined ? name === pattern : glob.matches(name)));
    if (found.length === 0) problems.report(missing(program, place, stubs.map(({ name }) => name)));
    return found.flatMap(({ name, address }) => resolved(program, place, { name, address }, around));
  },
};

/** `.plt` stands for `.plt("*")`. */
const patternOf = ({ kind }: ProgramPlace): string => (kind.argument?.kind === 'text' ? kind.argument.value : '*');

function missing(program: Program, { kind, suffixes }: ProgramPlace, names: readonly string[]): ReturnType<typeof noSuchStub> {
  const pattern = patternOf({ kind, suffixes });
  const why = names.length === 0 ? 'it has no procedure linkage table: it is static, or calls through the GOT (-fno-plt)' : `none of its ${names.length} imported functions has that name`;
  return noSuchStub(pattern, kind.span, { path: program.path, why, similar: isGlob(pattern) ? [] : similarNames(pattern, names, 5) });
}

function resolved(program: Program, { suffixes }: ProgramPlace, stub: { readonly name: string; readonly address: bigint }, around: Surroundings): ResolvedPoint[] {
  const fileOffset = program.elf.fileOffset(stub.address);
  if (fileOffset === undefined) return [];
  const isReturn = suffixes.length > 0;
  const name = `${program.label}.plt("${stub.name}")${isReturn ? '.return' : ''}`;
  return [{
    name, where: 'kernel', isReturn, functionName: stub.name,
    attach: { kind: 'user-function', ...probedFile(program), symbol: stub.name, fileOffset, return: isReturn },
    context: new TargetContext({
      point: name, lookup: around.lookup, parameters: [], space: 'user', parametersAtEntry: false, texts: { '$$name': stub.name },
      advice: isReturn ? 'a stub has no debug information: use returnval()' : 'a stub has no debug information: use int_arg(N) or pointer_arg(N)',
    }),
  }];
}
