import type { FailureGroup, FailureGroups } from '@waybill/operations/failures/failure-groups.ts';
import type { ListedFailure } from '@waybill/operations/failures/failure-item.ts';
import type { ShownFailure } from '@waybill/operations/failures/failure-show.ts';
import type { FailuresDependencies } from '@waybill/operations/failures/read-unresolved.ts';
import { counted, shownNumber } from '@waybill/shared/counted.ts';
import { command } from '../command/command.ts';
import { argument, flag, optional, withDefault } from '../command/options.ts';
import { anyText, duration, id, instant, type Parser, wholeNumber } from '../command/parsers.ts';
import type { Column, View } from '../output/view.ts';
import type { Tools } from '../tools/tools.ts';

type Since = { readonly agoMs: number } | { readonly utc: string };

/** A duration before now, or a time. */
const since: Parser<Since> = (text) => {
  const ago = duration(text);
  if ('value' in ago) return { value: { agoMs: ago.value } };
  const time = instant(text);
  return 'value' in time
    ? { value: { utc: time.value } }
    : { problem: 'expected a duration such as 30m or 48h, or a time in UTC such as 2026-11-28T22:15:30Z' };
};

const filterOptions = {
  reason: optional('CODE', 'those with this reason: INVALID_EVENT', anyText),
  detail: optional('TEXT', 'those whose detail contains this; a detail of "failures groups", too', anyText),
  parcel: optional('ID', 'those of this parcel', id),
  since: optional('TIME', 'those that failed last since then: 48h, or a time in UTC', since),
  scan: flag('read the whole table: finds records of release 0.1.0, too'),
} as const;

type FilterValues = {
  readonly reason: string | undefined;
  readonly detail: string | undefined;
  readonly parcel: number | undefined;
  readonly since: Since | undefined;
  readonly scan: boolean;
};

function filterOf({ reason, detail, parcel: parcelId, since, scan }: FilterValues, nowMs: number) {
  const sinceUtc = since && ('utc' in since ? since.utc : new Date(nowMs - since.agoMs).toISOString());
  return { reason, detail, parcelId, sinceUtc, scan };
}

async function dependenciesOf(tools: Tools): Promise<FailuresDependencies> {
  const deployment = await tools.names('failuresTable');
  return { documents: await tools.documents(), deployment };
}

const contextOf = ({ signal, progress }: Tools) => ({ signal, onProgress: progress });

const groups = command({
  name: 'failures groups',
  summary: 'group what failed by reason and detail, the largest group first',
  details:
    'Counts what is not resolved, with ids taken out of the details. Counts are exact up to 10,000 failures of a reason; ' +
    'beyond that the newest 10,000 of it are grouped, and the output says "more than" ("isMoreThan" in JSON).',
  examples: [
    { line: 'failures groups --environment production', says: 'what fails in production, and how often' },
    { line: 'failures groups --since 2h', says: 'what failed in the last two hours' },
    { line: 'failures groups --json', says: 'the same as one JSON document' },
  ],
  options: filterOptions,
  prints: 'document',
  shape: async () => (await import('@waybill/operations/failures/failure-groups.ts')).failureGroupsShape,
  run: async ({ options }, tools) => {
    const { failureGroups } = await import('@waybill/operations/failures/failure-groups.ts');
    const deps = await dependenciesOf(tools);
    const found = await failureGroups(deps, filterOf(options, tools.clock.now()), contextOf(tools));
    tools.print.document(found, groupLines);
    for (const note of found.notes) tools.print.note(note);
  },
});

function groupLines({ groups, count, isMoreThan }: FailureGroups, view: View): readonly string[] {
  if (groups.length === 0) return ['Nothing that failed is unresolved.'];
  const columns: Column<FailureGroup>[] = [
    { title: 'count', of: (each) => each.count },
    { title: 'reason', of: (each) => each.reason },
    { title: 'first failed', of: (each) => view.age(each.firstFailedAtUtc) },
    { title: 'last failed', of: (each) => view.age(each.lastFailedAtUtc) },
  ];
  const [titles = '', ...rows] = view.table(groups, columns);
  // Below, and not beside: a detail that is cut says little, and an id may be 69 characters long.
  const below = ({ detail, sample }: FailureGroup) => [...view.wrapped(detail, 7), `       sample: ${sample}`];
  const unresolved = `${isMoreThan ? 'more than ' : ''}${shownNumber(count)} unresolved`;
  return [
    titles,
    ...groups.flatMap((group, at) => [rows[at] ?? '', ...below(group)]),
    '',
    `${unresolved}, of ${counted(groups.length, 'kind')}`,
  ];
}

const list = command({
  name: 'failures list',
  summary: 'list what failed and is not resolved, the newest first',
  examples: [
    { line: 'failures list --environment production', says: 'the last 20 failures' },
    { line: 'failures list --reason INVALID_EVENT --since 48h', says: 'those of one reason in two days' },
    { line: 'failures list --parcel 5002 --json', says: 'a line of JSON for each failure of a parcel' },
  ],
  options: {
    ...filterOptions,
    limit: withDefault('N', 'how many at most', wholeNumber({ min: 1, max: 10_000 }), 20),
  },
  prints: 'lines',
  shape: async () => (await import('@waybill/operations/failures/failure-list.ts')).listedFailureShape,
  run: async ({ options }, tools) => {
    const { failureList } = await import('@waybill/operations/failures/failure-list.ts');
    const { limit } = options;
    const filter = { ...filterOf(options, tools.clock.now()), limit };
    const { failures, isMoreThan, notes } = await failureList(await dependenciesOf(tools), filter, contextOf(tools));
    const { view } = tools.print;
    const columns: Column<ListedFailure>[] = [
      { title: 'failure', of: (each) => each.failureId },
      { title: 'last failed', of: (each) => view.age(each.lastFailedAtUtc) },
      { title: 'times', of: (each) => each.attempts },
      { title: 'parcel', of: (each) => each.parcelId ?? '' },
      { title: 'reason', of: (each) => each.reason },
      { title: 'detail', of: (each) => each.detail, mayBeCut: true },
    ];
    await tools.print.list(failures, columns, 'No unresolved failure fits.');
    for (const note of notes) tools.print.note(note);
    if (isMoreThan && notes.length === 0)
      tools.print.note(`There are more than ${limit}: --limit, or a narrower filter.`);
  },
});

const failureId: Parser<string> = (text) =>
  /^[a-z]+-[\w-]{1,200}$/.test(text) ? { value: text } : { problem: 'expected an id such as event-83271' };

const show = command({
  name: 'failures show',
  summary: 'show one failure, and what to do about it',
  details: 'With --body it prints what failed, up to 64 KiB of it. That may hold ids of people.',
  examples: [
    { line: 'failures show event-83271', says: 'why the event failed, how often, and what to do next' },
    { line: 'failures show event-83271 --body', says: 'with what failed' },
    { line: 'failures show event-83271 --json', says: 'the same as JSON, without what failed' },
  ],
  arguments: { failureId: argument('FAILURE_ID', 'as "waybill failures list" shows it', failureId) },
  options: { body: flag('print what failed, too: it may hold ids of people') },
  prints: 'document',
  shape: async () => (await import('@waybill/operations/failures/failure-show.ts')).shownFailureShape,
  run: async ({ options, arguments: given }, tools) => {
    const { failureShow } = await import('@waybill/operations/failures/failure-show.ts');
    const deps = { ...(await dependenciesOf(tools)), clock: tools.clock };
    tools.print.document(await failureShow(deps, given.failureId, { withBody: options.body }), failureLines);
  },
});

function failureLines(failure: ShownFailure, view: View): readonly string[] {
  const { failureId, reason, detail, attempts, parcelId, traceId, resolvedAtUtc, expiresAtUtc, next, body } = failure;
  return [
    ...view.facts({
      failure: failureId,
      reason,
      detail,
      parcel: parcelId,
      trace: traceId,
      times: attempts,
      'first failed': view.time(failure.firstFailedAtUtc),
      'last failed': view.time(failure.lastFailedAtUtc),
      resolved: resolvedAtUtc === null ? 'no' : view.time(resolvedAtUtc),
      'kept until': expiresAtUtc === null ? undefined : view.time(expiresAtUtc),
      next,
    }),
    ...(body === undefined ? [] : ['', body ?? 'The record has no body.']),
  ];
}

export const failuresCommands = [groups, list, show];
