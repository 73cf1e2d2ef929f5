import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '@waybill/local/free-port.ts';
import { apiAccess, tokenBytes } from '@waybill/local/pipeline/api-access.ts';
import { apiVariables } from '@waybill/local/pipeline/service-process.ts';
import type { Resources } from '@waybill/provisioner/provision.ts';
import { nodeFlags } from '@waybill/shared/process/node-flags.ts';
import type { Engine } from '../pipelines/engine.ts';
import { MeasuredProcess } from '../pipelines/measured-process.ts';
import type { BarePlan, BareReport } from './bare-plan.ts';

const apiEntry = new URL('../../../packages/api/src/main.ts', import.meta.url);
const bareEntry = new URL('./bare.ts', import.meta.url);
const startLimitMs = 30_000;
/** Longer than the longest plan. */
const planLimitMs = 300_000;

/** A server under load, in a process of its own. */
export type MeasuredServer = {
  readonly url: string;
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly process: MeasuredProcess;
};

export type BareServer = MeasuredServer & { run(plan: BarePlan): Promise<BareReport> };

/**
 * The API as production starts it, with a token that may do everything, on a free port of 127.0.0.1; ready.
 *
 * @param variables instead of defaults
 * @param flags of Node beside production's, for example `--cpu-prof`
 */
export async function startApi(
  engine: Engine,
  resources: Resources,
  variables: Readonly<Record<string, string>> = {},
  flags: readonly string[] = [],
): Promise<MeasuredServer> {
  const [port, httpPort] = [await freePort(), await freePort()];
  const { url, token, variables: access } = apiAccess(port, randomBytes(tokenBytes));
  const env = { ...engine.env, ...defined({ ...apiVariables(resources), ...access }), ...variables };
  const http = { HTTP_HOST: '127.0.0.1', HTTP_PORT: String(httpPort) };
  const api = new MeasuredProcess('API', apiEntry, { ...env, ...http }, [...nodeFlags, ...flags]);
  await api.orFailed(untilOk(`http://127.0.0.1:${httpPort}/readyz`));
  return { url, port, headers: { authorization: `Bearer ${token}` }, process: api };
}

/** The bare process, listening. */
export async function startBare(engine: Engine, resources: Resources): Promise<BareServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = { ...engine.env, ...defined(apiVariables(resources)), API_PORT: String(port) };
  const bare = new MeasuredProcess('bare server', bareEntry, env, nodeFlags);
  await bare.orFailed(untilOk(`${url}/v1/parcels/1`));
  return { url, port, headers: {}, process: bare, run: (plan) => bare.ask(plan, reportIn, planLimitMs) };
}

function reportIn(message: unknown): BareReport | undefined {
  // Holds: only bare.ts sends messages with a report.
  return typeof message === 'object' && message !== null && 'report' in message
    ? (message.report as BareReport)
    : undefined;
}

function defined(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}

async function untilOk(url: string): Promise<void> {
  const deadline = performance.now() + startLimitMs;
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    const text = await response?.text();
    if (response?.ok) return;
    if (performance.now() > deadline) throw new Error(`${url} is not ready after ${startLimitMs / 1_000} s: ${text}`);
    await delay(50);
  }
}
