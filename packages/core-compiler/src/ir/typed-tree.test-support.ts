/** A short hand for typed trees, so that tests of lowering need neither parser nor elaboration. */
import type { AttachPoint, FormatPiece, LongBinary, StatFunction } from '@stapkit/object';
import type { ElaboratedProbe, ElaboratedProgram, FunctionSymbol, GlobalSymbol, LocalSymbol, ScriptType, TypedExpression, TypedPlace, TypedStatement } from '../semantic/index.js';
import { SourceText } from '../source/index.js';
import type { Span } from '../source/index.js';

const source = new SourceText('test.stp', 'x / y\n');
export const span: Span = { source, start: 0, end: 1 };
const operatorSpan: Span = { source, start: 2, end: 3 };

export const num = (value: number | bigint): TypedExpression => ({ kind: 'number', type: 'long', value: BigInt(value), span });
export const str = (value: string): TypedExpression => ({ kind: 'text', type: 'string', value, span });
export const local = (name: string, type: ScriptType = 'long'): LocalSymbol => ({ kind: 'local', name, type });
export const global = (name: string, type: GlobalSymbol['type'] = 'long', more: Partial<GlobalSymbol> = {}): GlobalSymbol => ({
  kind: 'global', name, type, span, wrap: false, statFunctions: new Set<StatFunction>(), autoPrint: false, ...more,
});
export const place = (symbol: LocalSymbol | GlobalSymbol, ...keys: TypedExpression[]): TypedPlace => {
  if (symbol.kind === 'local') return { kind: 'local', symbol, type: symbol.type, span };
  return keys.length === 0 ? { kind: 'global', symbol, type: symbol.type, span } : { kind: 'element', symbol, keys, type: symbol.type, span };
};
export const load = (symbol: LocalSymbol | GlobalSymbol, ...keys: TypedExpression[]): TypedExpression => ({
  kind: 'load', place: place(symbol, ...keys), type: symbol.type === 'string' ? 'string' : 'long', span,
});
export const bin = (fn: LongBinary, left: TypedExpression, right: TypedExpression): TypedExpression => ({ kind: 'binary', type: 'long', fn, left, right, operatorSpan, span });
export const both = (kind: 'and' | 'or', left: TypedExpression, right: TypedExpression): TypedExpression => ({ kind, type: 'long', left, right, span });
export const not = (operand: TypedExpression): TypedExpression => ({ kind: 'unary', fn: 'lnot', type: 'long', operand, span });
export const sameText = (left: TypedExpression, right: TypedExpression): TypedExpression => ({ kind: 'compare-text', fn: 'eq', type: 'long', left, right, span });
export const cat = (left: TypedExpression, right: TypedExpression): TypedExpression => ({ kind: 'concat', type: 'string', left, right, span });
export const cond = (condition: TypedExpression, then: TypedExpression, otherwise: TypedExpression): TypedExpression => ({
  kind: 'ternary', type: then.type, condition, then, otherwise, span,
});
export const assign = (target: TypedPlace, value: TypedExpression): TypedExpression => ({ kind: 'assign', type: value.type, place: target, value, span });
export const update = (fn: LongBinary, target: TypedPlace, value: TypedExpression): TypedExpression => ({ kind: 'update', type: 'long', fn, operatorSpan, place: target, value, span });
export const inc = (target: TypedPlace, result: 'old' | 'new' = 'old', by: 1n | -1n = 1n): TypedExpression => ({ kind: 'increment', type: 'long', place: target, by, result, span });
export const stat = (fn: StatFunction, target: TypedPlace): TypedExpression => ({ kind: 'stat', type: 'long', fn, place: target, span });
export const aggregate = (target: TypedPlace, value: TypedExpression): TypedExpression => ({ kind: 'aggregate', type: 'long', place: target, value, span });
export const call = (symbol: FunctionSymbol, ...args: TypedExpression[]): TypedExpression => ({ kind: 'call', type: symbol.result ?? 'long', function: symbol, args, span });
export const arg = (index: number): TypedExpression => ({ kind: 'argument', type: 'long', index, scalar: { bytes: 8, signed: true }, span });
export const atEntry = (expression: TypedExpression): TypedExpression => ({ kind: 'entry', type: 'long', expression, span });

/** "%d of %s\n" to pieces; only %d, %x and %s. */
export function pieces(format: string): FormatPiece[] {
  return format.split(/(%[dxs])/).filter((part) => part !== '').map((part): FormatPiece => {
    const conversion = /^%([dxs])$/.exec(part)?.[1] as 'd' | 'x' | 's' | undefined;
    return conversion === undefined ? { literal: part } : { conversion };
  });
}
export const sprintf = (format: string, ...args: TypedExpression[]): TypedExpression => ({ kind: 'print', type: 'string', result: true, pieces: pieces(format), args, span });
export const printf = (format: string, ...args: TypedExpression[]): TypedStatement =>
  run({ kind: 'print', type: 'long', result: false, pieces: pieces(format), args, span });

export const run = (expression: TypedExpression): TypedStatement => ({ kind: 'expression', expression, span });
export const block = (...statements: TypedStatement[]): TypedStatement => ({ kind: 'block', statements, span });
export const when = (condition: TypedExpression, then: TypedStatement, otherwise?: TypedStatement): TypedStatement => ({
  kind: 'if', condition, then, span, ...(otherwise === undefined ? {} : { otherwise }),
});
export const loop = (condition: TypedExpression, body: TypedStatement, step?: TypedExpression): TypedStatement => ({
  kind: 'loop', condition, body, span, ...(step === undefined ? {} : { step }),
});
export const jump = (kind: 'break' | 'continue' | 'next'): TypedStatement => ({ kind, span });
export const give = (value: TypedExpression): TypedStatement => ({ kind: 'return', value, span });
export const attempt = (body: TypedStatement, handler: TypedStatement, variable?: LocalSymbol): TypedStatement => ({
  kind: 'try', body, handler, span, ...(variable === undefined ? {} : { variable }),
});
export const each = (array: GlobalSymbol, keys: readonly LocalSymbol[], body: TypedStatement): TypedStatement => ({ kind: 'foreach', array, keys, body, span });

export const func = (name: string, params: readonly LocalSymbol[], result: ScriptType | undefined, body: TypedStatement | string): FunctionSymbol => ({
  kind: 'function', name, span, params, locals: [], result, body: typeof body === 'string' ? { kind: 'intrinsic', name: body } : body,
});

const HOST: AttachPoint = { kind: 'begin', priority: 0 };
const KERNEL: AttachPoint = { kind: 'tracepoint', name: 'test', arguments: 6 };

export function probe(where: 'kernel' | 'host', ...statements: TypedStatement[]): ElaboratedProbe {
  const derivation = { written: { components: [], optional: false, sufficient: false, span }, conditions: [], layers: [], points: [] };
  return { name: 'test', point: 'test', derivation, where, attach: where === 'host' ? HOST : KERNEL, locals: [], body: block(...statements), span };
}
export const program = (probes: readonly ElaboratedProbe[], globals: readonly GlobalSymbol[] = [], functions: readonly FunctionSymbol[] = []): ElaboratedProgram => ({ probes, globals, functions });
