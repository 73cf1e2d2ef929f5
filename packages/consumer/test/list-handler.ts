import { describeError, hasCode } from '@waybill/shared/error.ts';
import { bodyFailureId } from '@waybill/shared/failures/failure-id.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import { isThrottling } from '@waybill/shared/throttling.ts';
import type { ConsumerMetrics } from '../src/consumer-metrics.ts';
import type { Guard } from '../src/guard/guard.ts';
import type { ElementFailure, Handler, Reading } from '../src/handler.ts';

/** Where items are put. `before` throws in place of it, or waits. */
export type List = { readonly put: (item: number) => Promise<void> };

/** Heap of an item that waits for its call, as the consumer counts it. */
const itemHeapBytes = 3_000;

/**
 * The simplest handler there is: a message is a JSON array of items, whole numbers above 0, and its work puts each on a
 * list. A number below 0 is an element that has an id and is wrong; anything else in the array is wrong and has none. An
 * object may heal, as a later version's message may.
 */
export function listHandler(list: List, callsAtOnce: number): Handler<readonly number[], 'items'> {
  let waiting = 0;
  async function put(item: number, guard: Guard<'items'>, signal: AbortSignal): Promise<readonly ElementFailure[]> {
    waiting += 1;
    let hasBegun = false;
    const call = () => {
      if (!hasBegun) waiting -= 1;
      hasBegun = true;
      return list.put(item);
    };
    try {
      await guard.execute(itemId(item), call, signal, 'items');
      return [];
    } catch (error) {
      if (!hasCode(error, 'STORE_REJECTED')) throw error;
      return [failureOf(item, 'STORE_REJECTED', describeError(error))];
    }
  }
  return {
    engine: 'the list',
    lanes: { items: callsAtOnce },
    faultOf: (error) => {
      if (hasCode(error, 'STORE_REJECTED')) return 'item';
      if (hasCode(error, 'STORE_CONTENDED')) return 'others';
      return isThrottling(error) ? 'throttled' : 'engine';
    },
    failureIds: /^item-\d+$/,
    read: ({ body }, failureId) => readItems(body, failureId),
    work: (together, guard, signal) =>
      together.map(async (items) => (await Promise.all(items.map((item) => put(item, guard, signal)))).flat()),
    backlog: () => waiting,
    heapBytes: ({ work }) => work.length * itemHeapBytes,
    failureIdsOf: (items) => items.map(itemId),
    settled: (items) => ({ items: items.length }),
  };
}

/** Where a consumer of lists counts: the processor's metrics do for it. */
export function listMetrics(metrics: Metrics): ConsumerMetrics {
  return {
    inHand: metrics['waybill.processor.in_hand'],
    messageAge: metrics['waybill.queue.message_age'],
    lostReceives: metrics['waybill.queue.lost_receives'],
    breaker: metrics['waybill.processor.breaker'],
    engineErrors: metrics['waybill.store.errors'],
    failures: metrics['waybill.processor.failures'],
    splits: metrics['waybill.processor.splits'],
    sentOn: metrics['waybill.processor.sent_on'],
  };
}

/** A message with these elements. */
export function bodyOf(...elements: readonly unknown[]): string {
  return JSON.stringify(elements);
}

function readItems(body: string, failureId: string | undefined): Reading<readonly number[]> {
  const elements = parsed(body);
  if (!Array.isArray(elements)) {
    const mayHeal = typeof elements === 'object';
    const failure = { failureId: failureId ?? bodyFailureId(body), reason: 'UNREADABLE_MESSAGE', detail: 'no array' };
    const failures = [{ ...failure, body, parcelId: undefined, splitBody: undefined, mayHeal }];
    return { work: [], failures, single: true, element: undefined, resolves: undefined };
  }
  const single = elements.length <= 1;
  const isItem = (element: unknown) => Number.isSafeInteger(element) && Number(element) > 0;
  const items = elements.filter(isItem).map(Number);
  const failures = elements
    .filter((element) => !isItem(element))
    .map((element) => {
      const failure = failureOf(element, 'INVALID_ITEM', 'not a whole number above 0');
      const known = single ? { failureId: failureId ?? failure.failureId } : {};
      return { ...failure, ...known, ...(single && { splitBody: undefined }) };
    });
  const [item] = items;
  const element = single && item !== undefined ? { failureId: itemId(item), parcelId: undefined } : undefined;
  return { work: items, failures, single, element, resolves: undefined };
}

function failureOf(element: unknown, reason: string, detail: string): ElementFailure {
  const splitBody = bodyOf(element);
  const failureId = typeof element === 'number' ? itemId(Math.abs(element)) : bodyFailureId(splitBody);
  return { failureId, reason, detail, body: JSON.stringify(element), parcelId: undefined, splitBody, mayHeal: false };
}

function itemId(item: number): string {
  return `item-${item}`;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
