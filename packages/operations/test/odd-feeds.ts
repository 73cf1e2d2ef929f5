import { type FeedTraits, feedElement, feedWith, idRange, type Question, type Reply } from './scripted-feed.ts';

/** An API that is not quite what Waybill reads. */
export type OddFeed = {
  readonly is: string;
  readonly reply: (question: Question) => Reply;
  /** What must be said of it; undefined where Waybill reads it all the same. */
  readonly says: RegExp | undefined;
};

const held = 1_000;
const ids = idRange(5_001, 5_000 + held);
const page = (eventIds: readonly number[], fields: Readonly<Record<string, unknown>> = {}) =>
  eventIds.map((id) => feedElement(id, fields));
const json = (body: unknown): Reply => ({ body: JSON.stringify(body) });
const answer = (elements: readonly unknown[]): Reply => json({ ScanEvents: elements });
const from = (fromEventId: number) => ids.filter((id) => id >= fromEventId);
/** As the contract says, but for its elements. */
const withFields = (fieldsOf: (id: number) => Readonly<Record<string, unknown>>) =>
  feedWith({ ids, elementOf: (id) => feedElement(id, fieldsOf(id)) });
const traits = (odd: FeedTraits) => feedWith({ ids, ...odd });
const always = (reply: Reply) => () => reply;
const renamed = (name: string) => (question: Question) =>
  json({ [name]: page(from(question.from).slice(0, question.limit)) });

/** Every kind of API that somebody may have instead, each with 1,000 events where it has any. */
export const oddFeeds: readonly OddFeed[] = [
  {
    is: 'ignores FromEventId',
    reply: ({ limit }) => answer(page(ids.slice(0, Math.min(limit, 200)))),
    says: /FromEventId is not honoured: .* returned the first page again/,
  },
  {
    is: 'ignores FromEventId and Limit',
    reply: always(answer(page(ids))),
    says: /FromEventId is not honoured: .* returned the first page again/,
  },
  { is: 'ignores Limit', reply: (question) => answer(page(from(question.from))), says: undefined },
  { is: 'caps Limit at 25', reply: traits({ cap: 25 }), says: undefined },
  { is: 'refuses a Limit above 50', reply: traits({ refusedFrom: 51 }), says: /SCAN_API_LIMIT/ },
  {
    is: 'returns the newest events only, whatever is asked',
    reply: ({ limit }) => answer(page(ids.slice(-limit))),
    says: /FromEventId is not honoured/,
  },
  {
    is: 'returns the newest of what is asked for, descending',
    reply: (question) => answer(page(from(question.from).slice(-question.limit).toReversed())),
    says: /A small Limit does not return the lowest ids/,
  },
  { is: 'descends within a page', reply: traits({ page: (elements) => elements.toReversed() }), says: undefined },
  { is: 'is exclusive', reply: traits({ isExclusive: true }), says: /FromEventId is exclusive/ },
  {
    is: 'takes FromEventId for an offset',
    reply: (question) => answer(page(ids.slice(question.from - 1, question.from - 1 + question.limit))),
    says: /FromEventId does not lead to its event/,
  },
  {
    is: 'takes FromEventId for the number of a page',
    reply: ({ from: number, limit }) => answer(page(idRange(1, held).slice((number - 1) * limit, number * limit))),
    says: /depends on Limit/,
  },
  {
    is: 'has another name for the elements',
    reply: renamed('events'),
    says: /an array of 100 elements is its "events"/,
  },
  { is: 'spells ScanEvents otherwise', reply: renamed('scanEvents'), says: /is its "scanEvents"/ },
  { is: 'names them by a word of its own', reply: renamed('NC1001'), says: /is under another name/ },
  {
    is: 'is a bare array',
    reply: (question) => json(page(from(question.from).slice(0, question.limit))),
    says: /it is an array of 100 elements/,
  },
  {
    is: 'wraps its page once more',
    reply: (question) => json({ data: { ScanEvents: page(from(question.from).slice(0, question.limit)) } }),
    says: /it is an object without an array, and an object is its "data"/,
  },
  {
    is: 'has ids that are texts',
    reply: withFields((id) => ({ EventId: String(id) })),
    says: /INVALID_ID: EventId is a string of 4 digits, expected a whole number .* \(such as 83269\)/,
  },
  {
    is: 'has ids that are UUIDs',
    reply: withFields(() => ({ EventId: '0b7e0f6c-52b1-4b0c-9d0e-6f5a1c2d3e4f' })),
    says: /INVALID_ID: EventId is a string of 36 characters of the form \w+-/,
  },
  {
    is: 'has dates of another form',
    reply: withFields(() => ({ CreatedDateTimeUtc: '11/05/2021 21:11:34' })),
    says: /INVALID_DATE: CreatedDateTimeUtc is a string of 19 characters of the form 99\/99\/9999 99:99:99, expected .* \(such as "2021-05-11T21:11:34.15Z"\)/,
  },
  {
    is: 'has dates with an offset',
    reply: withFields(() => ({ CreatedDateTimeUtc: '2021-05-11T23:11:34+02:00' })),
    says: /of the form 9999-99-99T99:99:99\+99:99/,
  },
  {
    is: 'has dates that are numbers',
    reply: withFields(() => ({ CreatedDateTimeUtc: 1_620_767_494_150 })),
    says: /INVALID_DATE: CreatedDateTimeUtc is a number/,
  },
  {
    is: 'spells its fields in lower case',
    reply: traits({ elementOf: (eventId) => ({ eventId, parcelId: 7, type: 'STATUS' }) }),
    says: /MISSING: EventId is missing \(it is spelled otherwise: "eventId"\), expected a value \(such as 83269\)/,
  },
  {
    is: 'is a web page',
    reply: always({ body: '<html>NC1001</html>', headers: { 'content-type': 'text/html' } }),
    says: /is not JSON: .* \(it is a web page, text\/html\)/,
  },
  {
    is: 'is an error in JSON',
    reply: always(json({ Message: 'NC1001', ErrorCode: 7 })),
    says: /is not an object with an array "ScanEvents": it is an object without an array/,
  },
  { is: 'wants a token', reply: always({ status: 401 }), says: /status 401: it wants a token/ },
  { is: 'is forbidden', reply: always({ status: 403 }), says: /status 403/ },
  { is: 'is elsewhere', reply: always({ status: 404 }), says: /status 404: check the path/ },
  {
    is: 'redirects',
    reply: always({ status: 302, headers: { location: 'https://carrier.example/v2?token=NC1001' } }),
    says: /redirects to https:\/\/carrier.example\/v2; /,
  },
  { is: 'fails', reply: always({ status: 500 }), says: /status 500/ },
  { is: 'says 204 for ever', reply: always({ status: 204 }), says: /holds no events/ },
  { is: 'is empty', reply: always(answer([])), says: /holds no events/ },
];
