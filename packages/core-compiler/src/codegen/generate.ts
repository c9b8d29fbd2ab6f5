// CONTRACT; the codegen owner fills it.
import type { IrProgram, Limits, ObjectMetadata } from '@stapkit/object';
import type { DiagnosticSink } from '../diagnostics/index.js';
import type { Target } from '../target/index.js';

export interface GenerateOptions {
  readonly name: string;
  readonly target: Target;
  readonly limits: Limits;
  readonly sources: readonly { readonly file: string; readonly text: string }[];
  readonly kernelBound: boolean;
  readonly compilerVersion: string;
  readonly diagnostics: DiagnosticSink;
}

export interface CompiledObject {
  /** The ELF file. */
  readonly bytes: Uint8Array;
  readonly metadata: ObjectMetadata;
  /** BPF listing with the script's lines between, for -p3. */
  listing(): string;
}

export declare function generateObject(program: IrProgram, options: GenerateOptions): CompiledObject | undefined;
