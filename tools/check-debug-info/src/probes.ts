/** --probe: would a probe point work? The compiler is asked, which looks where a script's would be looked for. */
import { loadCompiler, localTarget, textOfBytes } from '@stapkit/cli-kit';

export interface ProbeAnswer {
  readonly point: string;
  /** Places that it names. */
  readonly places: number;
  /** What the compiler says when there is none, with what helps. */
  readonly problem?: string;
}

export async function askCompiler(points: readonly string[], pid: number | undefined): Promise<readonly ProbeAnswer[]> {
  const { listScriptProbes } = await loadCompiler();
  const target = localTarget({ targetPid: pid });
  return points.map((point) => {
    const { probes, diagnostics } = listScriptProbes(Buffer.from(point, 'utf8').toString('latin1'), { target, variables: false });
    const texts = diagnostics.map(({ message, hints = [] }) => textOfBytes([message, ...hints].join('; ')));
    return { point, places: probes.length, ...(probes.length > 0 ? {} : { problem: texts.join('; ') || 'it names nothing here' }) };
  });
}
