/** What every command shares: flags, rows and tables, the machine as compile target, errors and exit codes, sessions by line. */
export { announceArmed } from './armed.js';
export { ToolScriptError, compileScript, compileTool, listScriptProbes, readToolScript, renderDiagnostics } from './compile-script.js';
export type { ScriptInput } from './compile-script.js';
export { EXIT, UsageError } from './exit-codes.js';
export { createCommand } from './flags.js';
export type { FlagName } from './flags.js';
export { localTarget, resolveCommandPath } from './local-target.js';
export type { TargetOptions } from './local-target.js';
export { explainError, runMain } from './main.js';
export { requireProcess, requireRoot } from './privileges.js';
export { RowWriter, printable, renderTable } from './rows.js';
export type { CellValue, Column, Row, RowWriterOptions } from './rows.js';
export { LineSplitter, networkNamespace, runTool, waysTaken } from './tool-session.js';
export type { ToolArmed, ToolEnd, ToolRun } from './tool-session.js';
export { parseAddress, parseCount, parseDuration, parsePid, parsePort } from './values.js';
export { versionOf } from './version.js';
export { linuxKernel as openKernel } from '@stapkit/runtime';
export type { Kernel } from '@stapkit/runtime';
