/** Takes: one builtin probe point and the target. Gives: concrete attach points with their variable contexts. */
export type { ContextVariable, PointedType, ProbeContext, ProbeResolver, ProbeResolverOptions, ResolvedPoint, TargetResolution, WritableVariable } from './resolve.js';
export { probePointTypes } from './point-types.js';
export { createProbeResolver } from './resolver.js';
