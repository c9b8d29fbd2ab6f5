/**
 * Pass 1. Takes: a SourceText, script arguments, preprocessor facts, library macros.
 * Gives: a Script tree. Guarantees: never throws, always ends; every malformed
 * place is reported and the rest of the file is still parsed.
 */
export type * from './ast.js';
export { parseScript, parseMacroLibrary } from './parse-script.js';
export type { ParseContext, MacroDefinition, PreprocessorFacts } from './parse-script.js';
export { printAliasHead, printComponents, printScript, printExpression, printProbePoint } from './printer.js';
