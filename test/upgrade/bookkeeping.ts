import { z } from 'zod';
import { textIn } from './item.ts';
import type { Item, Pushed, Queued, Release, Told } from './release.ts';

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const count = /^\d+$/;
const batch = /^\d{8}T\d{9}-[0-9a-f]{12}$/;

/** Attributes whose value depends on when and how often something was written, with the form that the value has. */
const bookkeeping: Readonly<Record<string, RegExp>> = {
  updatedAtUtc: instant,
  firstFailedAtUtc: instant,
  lastFailedAtUtc: instant,
  resolvedAtUtc: instant,
  expiresAt: count,
  openedAtMs: count,
  revision: count,
  leaseCounter: count,
  leaseHolder: /^[0-9a-f]{32}\/\d+$/,
  // For a person: words, not a contract.
  detail: /./,
  lastError: /./,
  firstAttemptAtUtc: instant,
  notifiedAtUtc: instant,
  changedAtUtc: instant,
  // A batch's id begins with its time; a key's id is made of the caller's name and the key.
  batchId: batch,
  keyOf: batch,
  createdAtUtc: instant,
  startedAtUtc: instant,
  finishedAtUtc: instant,
  createdDay: /^\d{4}-\d\d-\d\d$/,
  createdAtMs: count,
  claimedAtMs: count,
  claimId: /^[0-9a-f]{12}$/,
};

/** A release without what differs from run to run. */
export function comparable({
  messages,
  parcels,
  failures,
  interrupted,
  checkpoints,
}: Release): Omit<Release, 'told' | 'pushed'> {
  const { taken, held, released } = checkpoints;
  return {
    messages,
    parcels: parcels.map(withoutBookkeeping),
    failures: failures.map(withoutBookkeeping),
    interrupted: withoutBookkeeping(interrupted),
    checkpoints: {
      taken: withoutBookkeeping(taken),
      held: withoutBookkeeping(withoutCaughtUp(held)),
      released: withoutBookkeeping(withoutCaughtUp(released)),
    },
  };
}

/** Which of the next writes it goes with is a matter of milliseconds. */
function withoutCaughtUp({ caughtUpAtUtc, ...item }: Item): Item {
  return item;
}

/** The item with the form in place of each value that differs from run to run; a value of another form stays and is seen. */
function withoutBookkeeping(item: Item): Item {
  const entries = Object.entries(item).map(([name, value]) => {
    const form = bookkeeping[name];
    const [[type = '', text = ''] = []] = Object.entries(value);
    return [name, form?.test(text) ? { [type]: String(form) } : value];
  });
  return Object.fromEntries(entries);
}

/** What a release announced and told, without what differs from run to run: in which messages it was is a matter of milliseconds. */
export function comparableTold({ announcements, notifications, ids }: Told) {
  const bodies = announcements.map(({ body }) => message.parse(JSON.parse(body)));
  return {
    versions: [...new Set(bodies.map(({ version }) => version))],
    attributes: [...new Set(announcements.flatMap(({ attributes }) => Object.keys(attributes)))],
    announcements: bodies.flatMap((body) => body.announcements.map((each) => JSON.stringify(each))).toSorted(),
    notifications: notifications.map(withoutAttempts).map(withoutBookkeeping),
    ids,
  };
}

/** How often something was refused until somebody looked is a matter of milliseconds. */
function withoutAttempts(notification: Item): Item {
  const { attempts, ...rest } = notification;
  return textIn(rest, 'state') === 'failed' ? rest : notification;
}

const message = z.strictObject({ version: z.number(), announcements: z.array(z.unknown()) });

/** What a push left behind, without what differs from run to run. */
export function comparablePush({ messages, sent, settled }: Pushed) {
  return {
    messages: messages.map(({ body, attributes }) => ({ body, attributes: withoutBookkeeping(valuesOf(attributes)) })),
    sent: sent.map(withoutBookkeeping),
    settled: settled.map(withoutBookkeeping),
  };
}

function valuesOf(attributes: Queued['attributes']): Item {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType, StringValue }]) => [
      name,
      DataType === 'Number' ? { N: StringValue } : { S: StringValue },
    ]),
  );
}
