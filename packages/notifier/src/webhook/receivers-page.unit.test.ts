import { readFile } from 'node:fs/promises';
import { systemClock } from '@waybill/shared/clock.ts';
import { merge, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { notificationRequest } from './notification-request.ts';
import { signedHeaders } from './signature.ts';

const page = await readFile(new URL('../../../../docs/notifications.md', import.meta.url), 'utf8');

/** The page's only block of code in this language. */
function block(language: string): string {
  const [, code = '', more] = page.split(`\n\`\`\`${language}\n`);
  expect(more).toBeUndefined();
  return code.split('\n```')[0] ?? '';
}

type IsFromWaybill = (headers: object, body: Buffer, secrets: readonly unknown[], nowMs?: number) => boolean;
const exported = z.object({ isFromWaybill: z.custom<IsFromWaybill>((value) => typeof value === 'function') });

const delivered = {
  parcelId: 5002,
  eventId: 83_270,
  type: 'DELIVERY',
  statusCode: 'OK',
  runId: '100',
  createdDateTimeUtc: '2026-11-28T11:58:07.1506147Z',
};
const pickedUp = { ...delivered, eventId: 83_269, type: 'PICKUP', createdDateTimeUtc: '2026-11-28T09:11:34.1506147Z' };

const state = { ...[pickedUp, delivered].map((scan) => stateOf(scan)).reduce(merge), history: [] };
const { delivery } = state.milestones;
if (!delivery) throw new Error('a DELIVERY is a delivery');
const request = notificationRequest(
  {
    parcel: { state, revision: 2, updatedAtUtc: '2026-11-28T11:58:08.000Z' },
    milestone: 'delivery',
    reached: delivery,
  },
  { feed: 'scan-events', stages: new Map() },
);
const [old, fresh, other] = [1, 2, 3].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`);
const nowMs = systemClock.now();

describe('the page for the one who receives', () => {
  test('shows a request as it is sent', () => {
    expect(JSON.parse(block('json'))).toEqual(JSON.parse(request.body));
  });

  test('verifies a signature in lines that work, as the library does, while a secret is changed too', async () => {
    const module: unknown = await import(`data:text/javascript,${encodeURIComponent(block('js'))}`);
    const { isFromWaybill } = exported.parse(module);
    const keys = [old, fresh].map((secret) => Buffer.from(String(secret).slice(6), 'base64'));
    const headers = signedHeaders(request, keys, nowMs);
    const body = Buffer.from(request.body);
    for (const secrets of [[old], [fresh], [other, old]]) expect(isFromWaybill(headers, body, secrets)).toBe(true);
    for (const secret of [old, fresh])
      expect(new Webhook(String(secret)).verify(body, headers)).toEqual(JSON.parse(request.body));
    expect(isFromWaybill(headers, body, [other])).toBe(false);
    expect(isFromWaybill(headers, Buffer.from(`${request.body} `), [old])).toBe(false);
    expect(isFromWaybill({ ...headers, 'webhook-id': 'delivery_0a1b2c3d_5003' }, body, [old])).toBe(false);
    expect(isFromWaybill(headers, body, [old], nowMs + 302_000)).toBe(false);
    expect(isFromWaybill({}, body, [old])).toBe(false);
  });
});
