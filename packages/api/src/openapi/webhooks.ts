import { notificationTypes } from '@waybill/notifier/webhook/notification-types.ts';
import { parcelShape } from '@waybill/shared/parcels/parcel-view.ts';
import { z } from 'zod';
import { problemShape } from '../problems/problem-document.ts';
import { named } from './schema-registry.ts';

named('Problem', problemShape, 'Why a request was not done (RFC 9457).');
named('Stage', parcelShape.shape.stage, 'Where a parcel stands, in one vocabulary for all carriers.');
named('Scan', parcelShape.shape.latest);
// The shape of every milestone is this one.
named('Milestone', parcelShape.shape.delivery, 'Null: not seen yet.');
const parcel = named('Parcel', parcelShape, 'Where a parcel is, and what has been seen of it.');

const corrected = named(
  'CorrectedParcel',
  parcel.extend({
    previous: z
      .strictObject({ eventId: z.number(), timeUtc: z.string() })
      .meta({ description: 'The milestone that was told.' }),
  }),
);

const { pickup, delivery } = notificationTypes;
const kinds = [
  { type: delivery.told, id: 'ParcelDelivered', summary: 'A parcel was delivered', data: parcel },
  { type: pickup.told, id: 'ParcelPickedUp', summary: 'A parcel was picked up', data: parcel },
  {
    type: delivery.corrected,
    id: 'ParcelDeliveryCorrected',
    summary: 'The first delivery of a parcel is another than was told',
    data: corrected,
  },
  {
    type: pickup.corrected,
    id: 'ParcelPickupCorrected',
    summary: 'The first pickup of a parcel is another than was told',
    data: corrected,
  },
];

const header = (name: string, description: string) => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string' },
});

const parameters = [
  header('webhook-id', 'The same for every attempt, ever: what was told before has an id that you know.'),
  header('webhook-timestamp', 'When this attempt was signed, in Unix seconds.'),
  header('webhook-signature', 'Signatures by each of the secrets, `v1,<base64>`, separated by spaces.'),
];

const responses = {
  '2XX': { description: 'Told. It is not sent again, unless an operator asks for it.' },
  '3XX': { description: 'Redirects are not followed: the endpoint is broken.' },
  '4XX': {
    description:
      '400, 409, 413, 415 and 422 refuse this notification alone: it comes a few times more, and is then put aside. Others: the endpoint is broken.',
  },
  '5XX': {
    description:
      'The endpoint is broken, as without a response within 15 s: all notifications wait until it is back. `Retry-After` is obeyed, up to an hour.',
  },
};

const description = [
  'Signed by [Standard Webhooks](https://www.standardwebhooks.com): verify before you trust.',
  'The same notification may come more than once, always under the same `webhook-id`; the order is not promised.',
  'How to receive: `docs/notifications.md`.',
].join(' ');

/** What the notifier sends to a webhook (docs/notifications.md, "What comes"), by type. */
export const webhooks = Object.fromEntries(
  kinds.map(({ type, id, summary, data }) => {
    const timestamp = z.string().meta({ description: "When the milestone was, in the feed's own digits." });
    named(id, z.strictObject({ type: z.literal(type), timestamp, data }));
    const schema = { $ref: `#/components/schemas/${id}` };
    return [
      type,
      {
        post: {
          operationId: `on${id}`,
          summary,
          description,
          tags: ['webhooks'],
          security: [],
          parameters,
          requestBody: { required: true, content: { 'application/json': { schema } } },
          responses,
        },
      },
    ];
  }),
);
