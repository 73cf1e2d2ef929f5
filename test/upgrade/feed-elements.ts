/** A valid element of the feed, as the carrier serves it. */
function scan(eventId: number, parcelId: number, type: string, fields: object = {}) {
  const second = String(eventId % 60).padStart(2, '0');
  return {
    EventId: eventId,
    ParcelId: parcelId,
    Type: type,
    CreatedDateTimeUtc: `2021-05-11T21:11:${second}.1506147Z`,
    StatusCode: 'IN_DEPOT',
    Device: { DeviceTransactionId: eventId, DeviceId: 103 },
    User: { UserId: 'NC1001', CarrierId: 'NC', RunId: '100' },
    ...fields,
  };
}

/** Deeper than JSON can be written out again. */
function tooDeep(): unknown {
  let element: unknown = 'the innermost';
  for (let depth = 0; depth < 20_000; depth += 1) element = [element];
  return { EventId: 204, nested: element };
}

/** Parcels in every state, and elements that are not scan events, in the order of the feed. */
export const feedElements: readonly unknown[] = [
  scan(101, 1, 'STATUS'),
  scan(102, 2, 'PICKUP'),
  scan(103, 3, 'DELIVERY'),
  scan(104, 4, 'PICKUP'),
  scan(105, 4, 'STATUS', { StatusCode: 'OUT_FOR_DELIVERY' }),
  scan(106, 4, 'DELIVERY'),
  scan(107, 5, 'PICKUP'),
  scan(108, 5, 'DELIVERY'),
  scan(109, 5, 'PICKUP'),
  scan(110, 5, 'DELIVERY'),
  scan(111, 6, 'HELD_AT_CUSTOMS', { StatusCode: null, User: null, Device: null }),
  scan(112, 7, 'STATUS', { StatusCode: 'Zugestellt – Empfänger', User: { RunId: 'Straße 7' } }),
  scan(113, 8, 'DELIVERY', { CreatedDateTimeUtc: '2021-05-11T21:11:34' }),
  scan(114, Number.MAX_SAFE_INTEGER, 'PICKUP', { CreatedDateTimeUtc: '2021-05-11T21:11:34.123456789123Z' }),
  scan(201, 9, 'STATUS', { CreatedDateTimeUtc: 'yesterday' }),
  { ParcelId: 9, note: 'Paket ohne Kennung, für niemanden' },
  scan(203, 9, 'STATUS', { photo: 'x'.repeat(300_000), StatusCode: 7 }),
  tooDeep(),
  scan(301, 1, 'STATUS', { StatusCode: 'LAST' }),
];

/** What other producers put on the scan queue: an event beside an element that is not one. */
export const foreignPack = JSON.stringify({
  version: 1,
  events: [
    {
      eventId: 401,
      parcelId: 10,
      type: 'STATUS',
      createdDateTimeUtc: '2021-05-11T21:12:00Z',
      statusCode: '',
      runId: '',
    },
    { eventId: 402, parcelId: 10, type: '', createdDateTimeUtc: '2021-05-11T21:12:01Z' },
  ],
});
