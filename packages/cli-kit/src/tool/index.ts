/** Tools from one description: see "How to add: a tool" in CONTRIBUTING.md. */
export { examplesHelp, parseToolOptions, toolCommand, toolGlobals } from './command.js';
export { SHELLS, completionScript } from './completion.js';
export type { Shell } from './completion.js';
export type { TableShape, ToolColumn, ToolDescription, ToolOption, ToolOptions, ToolReader, ToolReaderSession, ToolView, ToolWay, ToolWord } from './description.js';
export { LiveScreen } from './live-screen.js';
export { FILTER_GROUP, parseControlGroup, parsePids } from './filters.js';
export type { ControlGroup, FilterName } from './filters.js';
export type { Bucket, Histogram } from './histogram.js';
export { commandManPage, manPage } from './man-page.js';
export type { CommandPage } from './man-page.js';
export { PROBES_HELP, functionPoints, libraryFile } from './probe-words.js';
export { runToolCommand } from './run-tool.js';
export { rowOfFields } from './shown-columns.js';
export { SOCKET_OPTIONS, knownNumber, tcpStateName, withPort } from './sockets.js';
