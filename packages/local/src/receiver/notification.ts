import { z } from 'zod';

/** A notification as it was told (docs/notifications.md, "What comes"). */
export type Notification = {
  readonly id: string;
  readonly type: string;
  readonly parcelId: number;
  readonly milestone: 'pickup' | 'delivery';
  readonly eventId: number;
  readonly timeUtc: string;
};

const milestone = z.object({ eventId: z.number(), timeUtc: z.string() });

const shape = z.object({
  type: z.string(),
  timestamp: z.string(),
  data: z.object({ parcelId: z.number(), pickup: milestone.nullable(), delivery: milestone.nullable() }),
});

const milestoneOf: Readonly<Record<string, 'pickup' | 'delivery'>> = {
  'parcel.picked_up': 'pickup',
  'parcel.pickup_corrected': 'pickup',
  'parcel.delivered': 'delivery',
  'parcel.delivery_corrected': 'delivery',
};

/** Reads a notification, as strictly as its contract is; undefined when it is none. */
export function readNotification(id: string, body: Buffer): Notification | undefined {
  // ASCII, so that every byte is a character.
  if (body.some((byte) => byte > 0x7f)) return undefined;
  const text = body.toString('latin1');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const read = shape.safeParse(json);
  if (!read.success) return undefined;
  const { type, timestamp, data } = read.data;
  const name = milestoneOf[type];
  const reached = name && data[name];
  if (!reached || reached.timeUtc !== timestamp) return undefined;
  const isCorrection = type.endsWith('_corrected');
  const [, idMilestone, idParcel, idEvent] = /^([a-z]+)_[0-9a-f]{8}_(\d+)(?:_(\d+))?$/.exec(id) ?? [];
  const isItsId =
    idMilestone === name &&
    idParcel === String(data.parcelId) &&
    idEvent === (isCorrection ? String(reached.eventId) : undefined);
  if (!isItsId) return undefined;
  return { id, type, parcelId: data.parcelId, milestone: name, ...reached };
}
