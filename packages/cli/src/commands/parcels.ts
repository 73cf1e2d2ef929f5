import type { PlannedReindex } from '@waybill/operations/parcels/plan-reindex.ts';
import type { StuckAnswer } from '@waybill/operations/parcels/stuck-parcels.ts';
import { counted } from '@waybill/shared/counted.ts';
import { stages } from '@waybill/shared/domain/stage-names.ts';
import type { ParcelView } from '@waybill/shared/parcels/parcel-view.ts';
import { howMany } from '../act/plan-lines.ts';
import { command } from '../command/command.ts';
import { optional, withDefault } from '../command/options.ts';
import { duration, id, oneOf, type Parser, wholeNumber } from '../command/parsers.ts';
import type { Column, View } from '../output/view.ts';
import { stageMapping } from '../tools/stage-mapping.ts';
import { scanTime } from './parcel-lines.ts';

const openStages = stages.filter((stage) => stage !== 'delivered');

/** As it was typed, so that the help shows the default as one types it. */
const typedDuration: Parser<string> = (text) => {
  const read = duration(text);
  return 'problem' in read ? read : { value: text };
};

const stuck = command({
  name: 'parcels stuck',
  summary: 'list parcels that have not arrived and are not scanned any more',
  details:
    'Those first seen longest ago come first. Stages are named by STAGES, as the processes have it. Without the index open-parcels the whole table is read, and a note says so.',
  examples: [
    { line: 'parcels stuck --since 48h', says: 'open parcels whose latest scan is over 48 hours ago' },
    { line: 'parcels stuck --since 5d --stage in-transit', says: 'those that were picked up five days ago or more' },
    { line: 'parcels stuck --since 48h --limit 1000 --json', says: 'up to 1,000 of them as JSON' },
  ],
  options: {
    since: withDefault('DURATION', 'how long ago the latest scan is at least', typedDuration, '48h'),
    stage: optional('STAGE', 'only those in this stage', oneOf(openStages), { choices: openStages }),
    limit: withDefault('N', 'how many at most', wholeNumber({ min: 1, max: 10_000 }), 20),
  },
  prints: 'document',
  shape: async () => (await import('@waybill/operations/parcels/stuck-parcels.ts')).stuckShape,
  run: async ({ options }, tools) => {
    const [deployment, dynamodb, mapping, { stuckParcels }] = await Promise.all([
      tools.names('parcelsTable'),
      tools.dynamodb(),
      stageMapping(tools.env),
      import('@waybill/operations/parcels/stuck-parcels.ts'),
    ]);
    const since = duration(options.since);
    // The parser has read it before.
    const sinceMs = 'value' in since ? since.value : 0;
    const filter = { stage: options.stage, lastScanBefore: new Date(tools.clock.now() - sinceMs).toISOString() };
    const { clock, random } = tools;
    const question = { dynamodb, deployment, clock, random, mapping };
    const answer = await stuckParcels(question, { filter, limit: options.limit }, tools.signal);
    const { print } = tools;
    print.document(answer, stuckLines);
    if (print.isJson) return;
    if (answer.parcels.length === 0) print.note('No such parcels.');
    for (const note of notesOf(answer)) print.note(note);
  },
});

function notesOf({ notLookedAt, unjudged, unjudgedParcels, hasMore }: StuckAnswer): readonly string[] {
  const named = unjudgedParcels.map(({ parcelId, problem }) => `${parcelId} (${problem})`).join(', ');
  return [
    ...notLookedAt.map((note) => `Note: ${note}`),
    ...(unjudged > 0 ? [`Note: ${counted(unjudged, 'open parcel')} could not be judged: ${named}`] : []),
    ...(hasMore ? ['There are more: --limit N shows them.'] : []),
  ];
}

function stuckLines({ parcels }: StuckAnswer, view: View): readonly string[] {
  const columns: Column<ParcelView>[] = [
    { title: 'parcel', of: ({ parcelId }) => parcelId },
    { title: 'stage', of: ({ stage }) => stage },
    { title: 'latest scan', of: ({ latest }) => scanTime(view, latest.createdDateTimeUtc) },
    { title: 'type', of: ({ latest }) => latest.type, mayBeCut: true },
    { title: 'status', of: ({ latest }) => latest.statusCode, mayBeCut: true },
  ];
  return parcels.length === 0 ? [] : view.table(parcels, columns);
}

const reindex = command({
  name: 'parcels reindex',
  summary: 'give parcels of an older release what the index open-parcels needs',
  details:
    'Delivered parcels lose what an older release has left of it. It may run while processors write, be stopped, and be run again: what is right is left as it is.',
  examples: [
    { line: 'parcels reindex --dry-run', says: 'how many parcels, and what it costs' },
    {
      line: 'parcels reindex --write-units-per-second 200 --because "upgrade to 0.2"',
      says: 'asks, and does it at this pace',
    },
    { line: 'parcels reindex --resume 5002 --because "upgrade to 0.2"', says: 'goes on where a stopped run says' },
  ],
  options: {
    writeUnitsPerSecond: withDefault(
      'N',
      'the pace, table and index together',
      wholeNumber({ min: 1, max: 40_000 }),
      50,
    ),
    resume: optional('PARCEL_ID', 'where a stopped run says to go on', id),
  },
  isAct: true,
  prints: 'document',
  shape: async () => (await import('@waybill/operations/record/operation-shape.ts')).actShape,
  run: async ({ options }, tools) => {
    const [deployment, dynamodb, { planReindex }, { runReindex }] = await Promise.all([
      tools.names('parcelsTable'),
      tools.dynamodb(),
      import('@waybill/operations/parcels/plan-reindex.ts'),
      import('@waybill/operations/parcels/reindex-parcels.ts'),
    ]);
    const { writeUnitsPerSecond, resume } = options;
    const deps = { dynamodb, deployment, clock: tools.clock };
    return await tools.act<PlannedReindex>({
      kind: 'parcels-reindex',
      filter: { writeUnitsPerSecond, ...(resume !== undefined && { resume }) },
      plan: ({ signal }) => planReindex(deps, { writeUnitsPerSecond, resumeAfter: resume }, signal),
      sentence: ({ plan }) =>
        `Sets ${howMany(plan, 'parcel')} of ${deployment.parcelsTable} right for the index open-parcels.`,
      run: async (planned, context) => {
        const { resumeAfter, ...result } = await runReindex(deps, planned, context, context.moreThanPlanned);
        if (resumeAfter === undefined) return result;
        return {
          ...result,
          problems: [...result.problems, `go on with: waybill parcels reindex --resume ${resumeAfter}`],
        };
      },
    });
  },
});

export const parcelsCommands = [stuck, reindex];
