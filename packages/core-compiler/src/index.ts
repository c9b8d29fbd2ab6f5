/** Passes 1 to 4: script text in, eBPF object out. Pure: no system calls, no files, no clock. */
export { compile, listLanguage, listProbePoints } from './driver/index.js';
export type { CompileInput, CompileResult, LanguageList, PassName, PassTiming } from './driver/index.js';
export type { CompiledObject } from './codegen/index.js';
export { renderDiagnostic } from './diagnostics/index.js';
export type { Diagnostic } from './diagnostics/index.js';
export type { TapsetFile } from './tapset/index.js';
export type { Architecture, Target, TargetFeatures } from './target/index.js';
export { featuresFromBtf } from './target/index.js';
export type { ListedProbe } from './semantic/index.js';
