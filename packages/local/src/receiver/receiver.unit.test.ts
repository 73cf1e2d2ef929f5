import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, test } from 'vitest';
import { type Misbehaviour, misbehaviours, planned } from './misbehaviour.ts';
import { type Receiver, type ReceiverOptions, startReceiver } from './receiver.ts';

const secret = `whsec_${randomBytes(32).toString('base64')}`;
const other = `whsec_${randomBytes(32).toString('base64')}`;
const feed = createHash('sha256').update('scan-events').digest('hex').slice(0, 8);

const running: Receiver[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((receiver) => receiver.stop()));
});

async function receiving(options: Partial<ReceiverOptions> = {}): Promise<Receiver> {
  const receiver = await startReceiver({ secrets: [secret], ...options });
  running.push(receiver);
  return receiver;
}

const timeUtc = '2026-11-28T21:11:34.1506147Z';

function deliveryOf(parcelId: number, more: object = {}) {
  const delivery = { eventId: 83_270, timeUtc };
  return { type: 'parcel.delivered', timestamp: timeUtc, data: { parcelId, pickup: null, delivery }, ...more };
}

type Sent = { readonly id?: string; readonly body?: string; readonly by?: string; readonly at?: Date };

/** Tells of parcel 5002, as the `standardwebhooks` library signs it. */
function tell(receiver: Receiver, { id, body, by, at }: Sent = {}, init: RequestInit = {}): Promise<Response> {
  const sentId = id ?? `delivery_${feed}_5002`;
  const sentBody = body ?? JSON.stringify(deliveryOf(5_002));
  const sentAt = at ?? new Date();
  return fetch(receiver.url, {
    method: 'POST',
    body: sentBody,
    redirect: 'manual',
    headers: {
      'content-type': 'application/json',
      'webhook-id': sentId,
      'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
      'webhook-signature': new Webhook(by ?? secret).sign(sentId, sentAt, sentBody),
    },
    ...init,
  });
}

describe('a receiver that is well', () => {
  test('takes what is signed, and counts how often each id was told', async () => {
    const receiver = await receiving();
    for (const id of [5_002, 5_005, 5_002]) {
      const told = await tell(receiver, { id: `delivery_${feed}_${id}`, body: JSON.stringify(deliveryOf(id)) });
      expect(told.status).toBe(204);
    }
    const [first, second] = [...receiver.told().values()];
    expect([receiver.told().size, first?.times, second?.times]).toEqual([2, 2, 1]);
    expect(first?.notification).toEqual({
      id: `delivery_${feed}_5002`,
      type: 'parcel.delivered',
      parcelId: 5_002,
      milestone: 'delivery',
      eventId: 83_270,
      timeUtc,
    });
    expect(receiver.counts()).toMatchObject({ requests: 3, taken: 3, unverified: 0, malformed: 0, astray: 0 });
  });

  test('takes a correction under an id of its own', async () => {
    const receiver = await receiving();
    const body = JSON.stringify(deliveryOf(5_002, { type: 'parcel.delivery_corrected' }));
    expect((await tell(receiver, { id: `delivery_${feed}_5002_83270`, body })).status).toBe(204);
    expect((await tell(receiver, { id: `delivery_${feed}_5002`, body })).status).toBe(400);
  });

  test('knows each milestone that one id was told of', async () => {
    const receiver = await receiving();
    await tell(receiver);
    const delivery = { eventId: 83_100, timeUtc };
    await tell(receiver, {
      body: JSON.stringify(deliveryOf(5_002, { data: { parcelId: 5_002, pickup: null, delivery } })),
    });
    await tell(receiver);
    expect(receiver.told().get(`delivery_${feed}_5002`)?.milestones).toEqual([{ eventId: 83_270, timeUtc }, delivery]);
  });

  test('takes nothing with a wrong, foreign or old signature', async () => {
    const receiver = await receiving({ secrets: [other, secret] });
    expect((await tell(receiver, { by: other })).status).toBe(204);
    const third = `whsec_${randomBytes(32).toString('base64')}`;
    const past = new Date(Date.now() - 301_000);
    const statuses = [
      await tell(receiver, { by: third }),
      await tell(receiver, { at: past }),
      await tell(receiver, {}, { body: JSON.stringify(deliveryOf(5_005)) }),
      await fetch(receiver.url, { method: 'POST', body: '{}' }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([401, 401, 401, 401]);
    expect(receiver.counts()).toMatchObject({ taken: 1, unverified: 4 });
  });

  test.each([
    ['another type', deliveryOf(5_002, { type: 'parcel.lost' })],
    ['a milestone that it does not have', deliveryOf(5_002, { type: 'parcel.picked_up' })],
    ['a time that is not the milestone’s', deliveryOf(5_002, { timestamp: '2026-11-28T21:11:34Z' })],
    ['the parcel of another id', deliveryOf(5_005)],
    ['no data', deliveryOf(5_002, { data: undefined })],
  ])('refuses %s with 400', async (_, body) => {
    const receiver = await receiving();
    expect((await tell(receiver, { body: JSON.stringify(body) })).status).toBe(400);
    expect([receiver.told().size, receiver.counts().malformed]).toEqual([0, 1]);
  });

  test('takes what ASCII has of control characters', async () => {
    const body = JSON.stringify(deliveryOf(5_002, { note: '\u0000\u001f\u007f' }));
    expect((await tell(await receiving(), { body })).status).toBe(204);
  });

  test('refuses bytes beyond ASCII, and what is not JSON', async () => {
    const receiver = await receiving();
    for (const body of [JSON.stringify(deliveryOf(5_002, { note: 'Zürich' })), 'delivered'])
      expect((await tell(receiver, { body })).status).toBe(400);
  });

  test('refuses one parcel for as long as it is told to, and no other', async () => {
    const receiver = await receiving();
    receiver.refuse(5_002, 422);
    expect((await tell(receiver)).status).toBe(422);
    const neighbour = { id: `delivery_${feed}_5005`, body: JSON.stringify(deliveryOf(5_005)) };
    expect((await tell(receiver, neighbour)).status).toBe(204);
    receiver.refuse(5_002, undefined);
    expect((await tell(receiver)).status).toBe(204);
    expect(receiver.counts().refused).toBe(1);
  });

  test('says that it is up, and what it was told; whoever goes elsewhere is counted', async () => {
    const receiver = await receiving();
    await tell(receiver);
    expect((await fetch(new URL('/livez', receiver.url))).status).toBe(200);
    expect(await (await fetch(new URL('/told', receiver.url))).json()).toMatchObject({ notifications: 1, taken: 1 });
    expect((await fetch(new URL('/elsewhere', receiver.url), { method: 'POST' })).status).toBe(404);
    expect(receiver.counts().astray).toBe(1);
  });
});

describe('a receiver that misbehaves', () => {
  test.each([
    ['serverError', 500, null],
    ['unavailable', 503, '1'],
    ['tooMany', 429, null],
    ['redirect', 307, null],
    ['unauthorized', 401, null],
  ] as const)(
    'responds to %s with %i, takes nothing, and is well when it is told so',
    async (kind, status, retryAfter) => {
      const receiver = await receiving();
      receiver.misbehave(kind);
      const response = await tell(receiver);
      expect([response.status, response.headers.get('retry-after')]).toEqual([status, retryAfter]);
      expect(receiver.told().size).toBe(0);
      receiver.misbehave(undefined);
      expect((await tell(receiver)).status).toBe(204);
      expect(receiver.counts().misbehaved[kind]).toBe(1);
    },
  );

  test.each([
    ['cut', 0],
    ['lost', 1],
  ] as const)('cuts the connection by %s, and has taken %i', async (kind, taken) => {
    const receiver = await receiving();
    receiver.misbehave(kind);
    await expect(tell(receiver)).rejects.toThrow('fetch failed');
    expect(receiver.counts().taken).toBe(taken);
  });

  test.each([
    ['hang', 0],
    ['late', 1],
    ['drip', 1],
  ] as const)('keeps its caller waiting by %s, and has taken %i', async (kind, taken) => {
    const receiver = await receiving();
    receiver.misbehave(kind);
    const asked = tell(receiver, {}, { signal: AbortSignal.timeout(150) }).then((response) => response.text());
    await expect(asked).rejects.toThrow('timeout');
    expect(receiver.counts().taken).toBe(taken);
  });

  test('is unauthorized for a while, once that is planned', async () => {
    let nowMs = Date.now();
    const plan = { seed: 1, every: 1, times: misbehaviours.length };
    const receiver = await receiving({ plan, unauthorizedMs: 10_000, lateMs: 1, now: () => nowMs });
    const once = () => tell(receiver, {}, { signal: AbortSignal.timeout(100) }).catch(() => undefined);
    while (receiver.counts().misbehaved.unauthorized === 0) await once();
    nowMs += 9_000;
    expect((await once())?.status).toBe(401);
    nowMs += 1_001;
    await once();
    expect(receiver.counts().misbehaved.unauthorized).toBe(2);
  });

  test('stops at once in the middle of all of them, and more than once', async () => {
    const receiver = await receiving();
    const asked = (['hang', 'late', 'drip'] as const).map(async (kind, index) => {
      await expect.poll(() => receiver.counts().requests).toBe(index);
      receiver.misbehave(kind);
      return await tell(receiver)
        .then((response) => response.text())
        .catch(() => 'ended');
    });
    await expect.poll(() => receiver.counts().requests).toBe(3);
    await Promise.all([receiver.stop(), receiver.stop()]);
    expect(await Promise.all(asked)).toEqual(['ended', 'ended', 'ended']);
  });
});

test('a plan has each misbehaviour once before any comes again, one in every block of requests, and then none', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 50 }), (seed, every) => {
      const times = misbehaviours.length + 1;
      const next = planned({ seed, every, times });
      const blocks = Array.from({ length: times + 3 }, () => Array.from({ length: every }, next).filter(Boolean));
      expect(blocks.map((block) => block.length)).toEqual([...Array(times).fill(1), 0, 0, 0]);
      const kinds: (Misbehaviour | undefined)[] = blocks.slice(0, misbehaviours.length).flat();
      expect(new Set(kinds)).toEqual(new Set(misbehaviours));
    }),
    { numRuns: 30 },
  );
});
