/** Whether an object's kernel handlers may ask for names: only then processes are followed. */
import type { IrInstruction, ObjectMetadata, PrintArgument } from '@stapkit/object';

export function namesAddresses(metadata: ObjectMetadata): boolean {
  if (metadata.programs.length === 0) return false;
  if (metadata.stacks !== undefined || metadata.packs === true) return true;
  return metadata.sites.some(({ args }) => args?.some(isNaming) === true)
    || metadata.functions.some(({ body }) => body.blocks.some(({ instructions }) => instructions.some(isNamingInstruction)));
}

const NAMING = /^address_/;

const isNamingInstruction = (one: IrInstruction): boolean => one.op === 'intrinsic' && NAMING.test(one.name);

function isNaming(arg: PrintArgument): boolean {
  if (arg.kind === 'value' || arg.kind === 'histogram') return false;
  return (arg.kind === 'intrinsic' && NAMING.test(arg.name)) || arg.args.some(isNaming);
}
