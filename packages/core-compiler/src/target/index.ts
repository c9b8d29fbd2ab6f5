/** The machine that is compiled for, behind one interface. */
export type { Architecture, DebugAnswerStore, DebugIndexStore, MappedFile, ProcessFile, Target, TargetFeatures } from './target.js';
export { featuresFromBtf } from './features.js';
