/** What of the intermediate representation compiled scripts use, as words: `op concat`, `binary add`, `conversion d`, `sort key down` … */
import type { FormatPiece, IrBody, IrGlobal, IrInstruction, ObjectMetadata, PrintArgument } from '@stapkit/object';

/** @param listing of -p3: kernel handlers are in it alone, and frames of recursive functions are only theirs */
export function featuresOf(metadata: ObjectMetadata, listing: string): Set<string> {
  const found = new Set<string>();
  const bodies = [...metadata.functions.map(({ body }) => body), ...metadata.probes.flatMap(({ body }) => (body === undefined ? [] : [body]))];
  for (const body of bodies) noteBody(body, found);
  for (const { kind, pieces, args } of metadata.sites) {
    found.add(`site ${kind}`);
    for (const piece of pieces) notePiece(piece, found);
    for (const argument of args ?? []) noteArgument(argument, found);
  }
  for (const { storage, ...global } of metadata.globals) {
    found.add(`storage ${storage.kind}`);
    noteGlobal(global, found);
  }
  if (/^\s+save frame\d/m.test(listing)) found.add('op save-frame');
  if (/ = frame\d+\[/.test(listing)) found.add('op load-frame');
  return found;
}

function noteBody({ blocks, loops }: IrBody, found: Set<string>): void {
  if (loops.length > 0) found.add('loop');
  for (const { instructions, terminator, onError } of blocks) {
    for (const one of instructions) noteInstruction(one, found);
    found.add(`terminator ${terminator.kind}`);
    if (onError !== undefined) found.add('catch');
    if (terminator.kind === 'throw') found.add(terminator.aborts === true ? 'abort' : 'error');
  }
}

function noteInstruction(one: IrInstruction, found: Set<string>): void {
  found.add(`op ${one.op}`);
  switch (one.op) {
    case 'binary': case 'unary': case 'compare-text': case 'stat-get': found.add(`${one.op} ${one.fn}`); break;
    case 'intrinsic': found.add(`intrinsic ${one.name}`); break;
    case 'print': case 'format': for (const argument of one.args) noteArgument(argument, found); break;
    case 'add-global': case 'array-add': found.add(`${one.op} ${one.result ?? 'without result'}`); break;
    case 'iterate': {
      const { sort } = one;
      if (one.limit !== undefined) found.add('limit');
      if (one.slice !== undefined) found.add('slice');
      if (sort !== undefined) found.add(`sort ${sort.by === 'key' ? 'key' : sort.stat === undefined ? 'value' : `@${sort.stat}`} ${sort.descending ? 'down' : 'up'}`);
      break;
    }
    case 'advance': if (one.value !== undefined) found.add('value of a foreach'); break;
    default: break;
  }
}

function noteArgument(argument: PrintArgument, found: Set<string>): void {
  found.add(`printed ${argument.kind}`);
  if (argument.kind === 'intrinsic') found.add(`intrinsic ${argument.name}`);
  if ('args' in argument) for (const inner of argument.args) noteArgument(inner, found);
}

function notePiece(piece: FormatPiece, found: Set<string>): void {
  if ('literal' in piece) return;
  found.add(`conversion ${piece.conversion}`);
  if (piece.flag !== undefined) found.add(`flag ${piece.flag}`);
  for (const size of ['width', 'precision'] as const) if (piece[size] !== undefined) found.add(piece[size] === '*' ? `${size} *` : size);
}

function noteGlobal(global: IrGlobal, found: Set<string>): void {
  const stat = global.kind === 'stat' || global.kind === 'array' ? global.stat : undefined;
  if (stat?.histogram !== undefined) found.add(`histogram ${stat.histogram.kind}`);
  if ((stat?.varianceShift ?? 0) > 0) found.add('variance shift');
  if (global.kind !== 'array') return;
  found.add(`${global.keys.length} keys`);
  found.add(`array of ${global.value}`);
  if (global.wrap) found.add('wrap');
  if (global.maxEntries !== undefined) found.add('size limit');
}
