/** The machine that is compiled for, behind one interface. */
export type { Architecture, DebugIndexStore, MappedFile, ProcessFile, Target, TargetFeatures } from './target.js';
export { featuresFromBtf } from './features.js';
