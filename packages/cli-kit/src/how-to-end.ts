/** What a person at a terminal is told when tracing begins; '' for programs, and where the command ends by itself. */
export function howToEnd(endsByItself: boolean, terminal: boolean = process.stderr.isTTY): string {
  return terminal && !endsByItself ? '; Ctrl-C ends it' : '';
}
