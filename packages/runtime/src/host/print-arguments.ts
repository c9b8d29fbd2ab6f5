/** The trees that print arguments are made of, for handlers that run here and for records that come from the kernel. */
import type { PrintArgument, Value } from '@stapkit/object';
import type { Scalar } from '../format/printf.js';
import type { Read } from './frame.js';
import { hostIntrinsic } from './intrinsics.js';
import type { IntrinsicServices } from './intrinsics.js';

/** What computing an argument may need of the program. */
export interface ArgumentServices extends IntrinsicServices {
  callFunction(id: number, args: readonly Scalar[]): Scalar;
  formatSite(id: number, args: readonly Scalar[]): string;
  histogramText(global: number, keys: readonly Scalar[]): string;
}

/** Compiles an argument for contexts of type C, given how a plain value is read there. */
export function compileArgument<C>(argument: PrintArgument, readValue: (value: Value) => Read<Scalar, C>, services: ArgumentServices): Read<Scalar, C> {
  const all = (args: readonly PrintArgument[]): Read<Scalar[], C> => {
    const reads = args.map((one) => compileArgument(one, readValue, services));
    return (context) => reads.map((read) => read(context));
  };
  switch (argument.kind) {
    case 'value': return readValue(argument.value);
    case 'call': {
      const args = all(argument.args);
      return (context) => services.callFunction(argument.function, args(context));
    }
    case 'intrinsic': {
      const args = all(argument.args);
      const intrinsic = hostIntrinsic(argument.name);
      return (context) => intrinsic(args(context), services);
    }
    case 'format': {
      const args = all(argument.args);
      return (context) => services.formatSite(argument.site, args(context));
    }
    case 'histogram': {
      const keys = argument.keys.map(readValue);
      return (context) => services.histogramText(argument.global, keys.map((read) => read(context)));
    }
    default: return argument satisfies never;
  }
}
