/** The whole compiler as one call. Pure: everything about the machine comes in through {@link CompileInput}. */
export { compile } from './compile.js';
export type { CompileInput, CompileResult, PassName, PassTiming } from './compile.js';
export { listLanguage, listProbePoints } from './compile.js';
export type { LanguageList } from './compile.js';
