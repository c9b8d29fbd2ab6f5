/** What may stand behind `.function("NAME")`: `.call`, `.return`, `.inline`, `.exported`, `.label("L")`, `.callee("F")`, `.callees(N)`. */
import type { DiagnosticSink } from '../../diagnostics/index.js';
import type { ProbePointComponent } from '../../syntax/index.js';
import { hasNoArgument, numberArgument, textArgument } from '../family.js';
import { unknownComponent } from '../problems.js';
import type { FunctionSuffix } from './function-points.js';

const NAMES = ['call', 'return', 'inline', 'exported', 'label', 'callee', 'callees'];
/** Calls of calls of calls: deeper ones are as many as the program has functions. */
const DEEPEST = 10n;

/** Undefined, and reported, when it is wrong. @param before `process.function("main")` */
export function readFunctionSuffix(suffixes: readonly ProbePointComponent[], before: string, problems: DiagnosticSink): FunctionSuffix | undefined {
  const [first, second, third] = suffixes;
  if (first === undefined) return { kind: 'none' };
  switch (first.name) {
    case 'call': case 'return': case 'inline': case 'exported':
      return hasNoArgument(first, problems) && nothingMore(second, `${before}.${first.name}`, problems) ? { kind: first.name } : undefined;
    case 'label': {
      const pattern = textArgument(first, problems);
      return pattern !== undefined && nothingMore(second, `${before}.label("${pattern}")`, problems) ? { kind: 'label', pattern } : undefined;
    }
    case 'callee': {
      const pattern = textArgument(first, problems);
      const then = pattern === undefined ? undefined : readThen(second, third, `${before}.callee("${pattern}")`, problems);
      return pattern === undefined || then === undefined ? undefined : { kind: 'callee', pattern, depth: 1, then };
    }
    case 'callees': {
      const depth = first.argument === undefined ? 1n : numberArgument(first, problems);
      if (depth === undefined || !nothingMore(second, `${before}.callees(${depth})`, problems)) return undefined;
      return { kind: 'callee', pattern: '*', depth: Number(depth < 1n ? 1n : depth > DEEPEST ? DEEPEST : depth), then: 'none' };
    }
    default:
      problems.report(unknownComponent(first, before, NAMES));
      return undefined;
  }
}

function readThen(second: ProbePointComponent | undefined, third: ProbePointComponent | undefined, before: string, problems: DiagnosticSink): 'none' | 'call' | 'return' | undefined {
  if (second === undefined) return 'none';
  if (second.name !== 'call' && second.name !== 'return') {
    problems.report(unknownComponent(second, before, ['call', 'return']));
    return undefined;
  }
  return hasNoArgument(second, problems) && nothingMore(third, `${before}.${second.name}`, problems) ? second.name : undefined;
}

function nothingMore(component: ProbePointComponent | undefined, before: string, problems: DiagnosticSink): boolean {
  if (component === undefined) return true;
  problems.report(unknownComponent(component, before, []));
  return false;
}
