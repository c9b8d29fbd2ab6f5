/** CSV as the tools write it (RFC 4180), read by tests. */

/** The fields of each line, the header's first. */
export function csvLines(text: string): readonly (readonly string[])[] {
  return text.split('\n').filter((line) => line !== '').map((line) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain));
}

/** Rows by the names of the header. */
export function csvRows(text: string): readonly Readonly<Record<string, string>>[] {
  const [head = [], ...lines] = csvLines(text);
  return lines.map((fields) => Object.fromEntries(head.map((name, index) => [name, fields[index] ?? ''])));
}
