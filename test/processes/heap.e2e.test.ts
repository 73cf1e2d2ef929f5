import { pack } from '@waybill/shared/domain/pack.ts';
import { describe, expect, test } from 'vitest';
import { rigs } from './rig.ts';
import { startSlowStore } from './slow-store.ts';
import { until } from './until.ts';

const openRig = rigs();

const messages = 200;
const eventsEach = 420;

/** Packs of 60 KiB, each event of a parcel of its own. */
function fullPacks(): string[] {
  return Array.from({ length: messages }, (_, message) => {
    const events = Array.from({ length: eventsEach }, (_, index) => {
      const eventId = message * eventsEach + index + 1;
      const createdDateTimeUtc = '2021-05-11T21:11:34.1506147Z';
      return { eventId, parcelId: 1e9 + eventId, type: 'STATUS', createdDateTimeUtc, statusCode: '', runId: '1234' };
    });
    return pack(events, 262_144)[0] ?? '';
  });
}

describe('a processor under the flags of the image, with full packs waiting', () => {
  test.for([
    { receivers: 4, latencyMs: 10, statements: 8_000 },
    { receivers: 64, latencyMs: 300, statements: 1_000 },
  ])('stays within its heap with $receivers receivers and DynamoDB at $latencyMs ms', async (load, context) => {
    const { receivers, latencyMs, statements } = load;
    const rig = await openRig(context);
    const store = await startSlowStore(latencyMs);
    await rig.send(fullPacks());
    const processor = rig.processor({ AWS_ENDPOINT_URL_DYNAMODB: store.url, RECEIVERS: String(receivers) });
    let failure: Error | undefined;
    void processor.failed.then((error) => {
      failure = error;
    });
    await until('it has stored much', async () => failure !== undefined || store.statements() >= statements);
    // A heap that is full ends the process; one that is nearly full, its probes.
    expect(failure).toBeUndefined();
    expect((await processor.ask('/livez')).status).toBe(200);
    const { inFlight } = await rig.queue();
    expect(inFlight).toBeGreaterThan(20);
    expect(inFlight).toBeLessThan(messages);
    expect(await rig.deadLetters()).toEqual([]);
    processor.kill('SIGKILL');
    await processor.ended;
    await store.stop();
  });
});
