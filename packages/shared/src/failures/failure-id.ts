import { createHash } from 'node:crypto';

const bodyIds = /^body-[0-9a-f]{64}$/;

/** The failure id of a message, or of an element that has no id of its own: the SHA-256 of the body that carries it alone. */
export function bodyFailureId(body: string): string {
  return `body-${createHash('sha256').update(body).digest('hex')}`;
}

/** The failure ids of scan events. */
export const eventFailureIds = /^event-\d{1,16}$/;

export function eventFailureId(eventId: number): string {
  return `event-${eventId}`;
}

/** Whether it can be one of ours. Any other must not become a key: the engine may refuse it. */
export function isFailureId(id: string, elementIds: RegExp): boolean {
  return bodyIds.test(id) || elementIds.test(id);
}
