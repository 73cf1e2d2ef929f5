import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const output = z.array(
  z.object({
    scenario: z.string(),
    figures: z.array(z.object({ figure: z.string(), found: z.number(), verdict: z.string() })),
    requests: z.object({ metered: z.number(), counted: z.number() }),
    history: z.object({ withHistory: z.number(), withoutHistory: z.number(), verdict: z.string() }).optional(),
  }),
);

/** What the program of this folder prints and returns. */
export async function counted(...args: readonly string[]) {
  const { promise, resolve } = Promise.withResolvers<{ code: number; stdout: string }>();
  // A run takes twice as long under coverage, and adds nothing to what the other tests cover.
  const env = { ...process.env, NODE_V8_COVERAGE: '' };
  const child = execFile(process.execPath, [main, '--json', ...args], { env }, (_, stdout) =>
    resolve({ code: child.exitCode ?? -1, stdout }),
  );
  const { code, stdout } = await promise;
  const scenarios = output.parse(JSON.parse(stdout));
  const figures = scenarios.flatMap((scenario) => scenario.figures);
  return {
    code,
    scenarios,
    grown: figures.filter(({ verdict }) => verdict === 'grown').map(({ figure }) => figure),
    costlyHistory: scenarios.filter(({ history }) => history?.verdict === 'over').map(({ scenario }) => scenario),
  };
}
