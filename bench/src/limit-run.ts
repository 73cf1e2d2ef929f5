import type { LimitPlan } from './limit/plan.ts';
import type { Engine } from './pipelines/engine.ts';
import { MeasuredProcess } from './pipelines/measured-process.ts';

const entry = new URL('./limit/caller.ts', import.meta.url);

/** Longer than the slowest engine takes for a million events. */
const limitMs = 3 * 3_600_000;

/** The calls whose limit is measured. */
export type LimitCalls = Pick<LimitPlan, 'sends' | 'messagesPerSend' | 'bodyBytes' | 'updates' | 'parcels'>;

/** The calls of a pipeline that was not measured: by its construction, for a full queue. */
export function nominalCalls(subject: 'waybill' | 'straightforward', events: number, parcels: number): LimitCalls {
  if (subject === 'straightforward')
    return { sends: Math.ceil(events / 10), messagesPerSend: 10, bodyBytes: 290, updates: events, parcels };
  return { sends: Math.ceil(events / 100), messagesPerSend: 1, bodyBytes: 15_000, updates: events, parcels };
}

/** Returns the seconds that the engine takes for the calls alone. */
export async function runLimit(engine: Engine, calls: LimitCalls): Promise<number> {
  const resources = await engine.provision();
  const plan: LimitPlan = {
    ...calls,
    sqsEndpoint: engine.sqsEndpoint,
    dynamodbEndpoint: engine.dynamodbEndpoint,
    region: engine.env['AWS_REGION'] ?? 'us-east-1',
    queueUrl: resources.scanQueueUrl,
    table: resources.parcelsTable,
  };
  const process = new MeasuredProcess('limit', entry, engine.env);
  try {
    await process.usage();
    return await process.ask(plan, secondsOf, limitMs);
  } finally {
    await process.stop();
    await engine.remove(resources);
  }
}

function secondsOf(message: unknown): number | undefined {
  if (typeof message !== 'object' || message === null || !('seconds' in message)) return undefined;
  return typeof message.seconds === 'number' ? message.seconds : undefined;
}
