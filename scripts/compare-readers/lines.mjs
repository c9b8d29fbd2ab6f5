/** Line tables, row by row, with `llvm-dwarfdump --debug-line` and with `readelf --debug-dump=decodedline`. */
import { linesOf, Tally } from './processes.mjs';

const hex = (address) => address.toString(16);

export async function compareRows(path, { dwarf }) {
  const tally = new Tally('rows of line tables, with llvm-dwarfdump');
  const rows = allRows(dwarf.lines);
  for await (const line of linesOf('llvm-dwarfdump', ['--debug-line', path])) {
    const row = /^0x([0-9a-f]{16}) +(\d+) +(\d+) +(\d+) +\d+ +(\d+) *(.*)$/.exec(line);
    if (row === null) continue;
    const { value } = rows.next();
    const have = value === undefined ? 'no row' : [hex(value.row.address), value.row.line, value.row.column, value.row.file, value.row.discriminator, value.row.isStatement ? 's' : '', value.row.isEndOfSequence ? 'e' : ''].join(' ');
    tally.check(`row ${tally.compared}`, have, [hex(BigInt(`0x${row[1]}`)), row[2], row[3], row[4], row[5], row[6].includes('is_stmt') ? 's' : '', row[6].includes('end_sequence') ? 'e' : ''].join(' '));
  }
  if (rows.next().value !== undefined) tally.check('behind the last row', 'a row', 'none');
  return tally;
}

export async function compareDecoded(path, { dwarf }) {
  const tally = new Tally('rows of line tables, with readelf');
  const rows = allRows(dwarf.lines);
  for await (const line of linesOf('readelf', ['--wide', '--debug-dump=decodedline', path])) {
    const row = /^(\S.*?) +(\d+|-) +(?:0x)?([0-9a-f]+)(?:\[\d+\])?(?: +\d+)?(?: +(x))? *(?:END)?$/.exec(line);
    if (row === null) continue;
    const { value } = rows.next();
    const have = value === undefined ? 'no row' : [value.table.file(value.row.file)?.name.split('/').at(-1), value.row.isEndOfSequence ? '-' : value.row.line, hex(value.row.address), value.row.isStatement && !value.row.isEndOfSequence ? 'x' : ''].join(' ');
    tally.check(`row ${tally.compared}`, have, [row[1].split('/').at(-1), row[2], row[3], row[4] ?? ''].join(' '));
  }
  return tally;
}

function* allRows(tables) {
  for (const table of tables.all()) for (const row of table.rows()) yield { table, row };
}
