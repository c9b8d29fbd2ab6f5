/** begin, begin(N), end, end(N), error, error(N), never. */
import type { AttachPoint } from '@stapkit/object';
import { contextWithoutVariables } from './empty-context.js';
import { hasNoArgument, numberArgument, pointText, type Expand } from './family.js';
import { numberOutOfRange, unknownComponent } from './problems.js';

/** Order among probes of one kind: the range in which a number is exact. */
const LARGEST = BigInt(Number.MAX_SAFE_INTEGER);

export const expandBeginEnd: Expand = (point, around, problems) => {
  const [first, second] = point.components;
  if (first === undefined) return [];
  if (second !== undefined) {
    problems.report(unknownComponent(second, first.name, []));
    return [];
  }
  let attach: AttachPoint;
  if (first.name === 'never') {
    if (!hasNoArgument(first, problems)) return [];
    attach = { kind: 'never' };
  } else {
    const priority = first.argument === undefined ? 0n : numberArgument(first, problems);
    if (priority === undefined) return [];
    if (priority > LARGEST || priority < -LARGEST) {
      problems.report(numberOutOfRange(first, `a sequence number between -${LARGEST} and ${LARGEST}`));
      return [];
    }
    attach = { kind: first.name === 'begin' ? 'begin' : first.name === 'end' ? 'end' : 'error', priority: Number(priority) };
  }
  const name = pointText(point.components);
  return [{ name, attach, where: 'host', isReturn: false, context: contextWithoutVariables(`'${name}'`, around.lookup, `'${first.name}' probes have no target variables`) }];
};
