import { readFile } from 'node:fs/promises';
import { notificationRequest } from '@waybill/notifier/webhook/notification-request.ts';
import { notificationTypes } from '@waybill/notifier/webhook/notification-types.ts';
import { type MilestoneName, milestoneNames, milestoneTypes } from '@waybill/shared/domain/milestones.ts';
import { merge, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { anyEvent } from '../../packages/shared/test/arbitrary-events.ts';
import { documentFile } from './made.ts';

const shape = z.looseObject({
  webhooks: z.record(
    z.string(),
    z.object({
      post: z.object({
        parameters: z.array(z.object({ name: z.string(), required: z.literal(true) })),
        requestBody: z.object({ content: z.object({ 'application/json': z.object({ schema: z.unknown() }) }) }),
      }),
    }),
  ),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
});
const document = shape.parse(JSON.parse(await readFile(documentFile, 'utf8')));

/** With each named schema in the place where it is referred to. */
function resolved(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(resolved);
  if (typeof json !== 'object' || json === null) return json;
  const [, name] = '$ref' in json ? (/^#\/components\/schemas\/(.+)$/.exec(String(json.$ref)) ?? []) : [];
  if (name !== undefined) return resolved(document.components.schemas[name]);
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, resolved(value)]));
}

const schemas = new Map(
  Object.entries(document.webhooks).map(([type, { post }]) => [
    type,
    // Holds: the document's schemas are JSON Schema, as `test/openapi/made.unit.test.ts` and the lint of it know.
    z.fromJSONSchema(resolved(post.requestBody.content['application/json'].schema) as z.core.JSONSchema.JSONSchema),
  ]),
);

const previous = { eventId: 9, timeUtc: '2026-11-28T11:00:00.1506147Z' };

/** A parcel with the milestone, and the scans besides. */
const anyTold = (milestone: MilestoneName) =>
  fc.array(anyEvent(), { minLength: 1, maxLength: 5 }).map(([first, ...others]) => {
    if (!first) throw new Error('an array of one at least');
    const events = [{ ...first, type: milestoneTypes[milestone] }, ...others];
    const state = events.map((event) => stateOf({ ...event, parcelId: 5002 })).reduce(merge);
    const reached = state.milestones[milestone];
    if (!reached) throw new Error('a scan of its type makes the milestone');
    return { parcel: { state, revision: 3, updatedAtUtc: '2026-11-28T12:00:00.000Z' }, milestone, reached };
  });

test('each type that is sent is in the document, and none besides', () => {
  const types = milestoneNames.flatMap((name) => Object.values(notificationTypes[name]));
  expect(Object.keys(document.webhooks).sort()).toEqual(types.sort());
});

test.each(milestoneNames)('the document tells what is sent of a %s and of its correction', (milestone) => {
  const { told, corrected } = notificationTypes[milestone];
  const context = { feed: 'scan-events', stages: new Map() };
  fc.assert(
    fc.property(anyTold(milestone), (due) => {
      const first: unknown = JSON.parse(notificationRequest(due, context).body);
      const second: unknown = JSON.parse(notificationRequest({ ...due, previous }, context).body);
      expect(schemas.get(told)?.safeParse(first).error).toBeUndefined();
      expect(schemas.get(corrected)?.safeParse(second).error).toBeUndefined();
      // The schemas are not such as take anything.
      expect(schemas.get(told)?.safeParse(second).success).toBe(false);
      expect(schemas.get(corrected)?.safeParse(first).success).toBe(false);
    }),
    { numRuns: 50 },
  );
});

test('the headers of the document are those of Standard Webhooks', () => {
  for (const { post } of Object.values(document.webhooks))
    expect(post.parameters.map(({ name }) => name)).toEqual(['webhook-id', 'webhook-timestamp', 'webhook-signature']);
});
