import type { PlannedRepair } from '@waybill/operations/parcels/repair-act.ts';
import { command } from '../command/command.ts';
import { argument, list } from '../command/options.ts';
import { id } from '../command/parsers.ts';
import { stageMapping } from '../tools/stage-mapping.ts';
import { usageError } from '../tools/usage-error.ts';
import { parcelLines } from './parcel-lines.ts';

const parcelId = argument('PARCEL_ID', 'the parcel', id);

const show = command({
  name: 'parcel',
  summary: 'show a parcel: state, stage, history, failures, notifications',
  details:
    'Scans are in the order of their EventIds, the newest first. A scan is late where its time is before that of a scan with a lower EventId. Stages are named by STAGES, as the processes have it.',
  examples: [
    { line: 'parcel 5002 --environment production', says: 'where parcel 5002 is, and why it is not further' },
    { line: 'parcel 5002 --json', says: 'the same as the API returns it, with failures and notifications' },
  ],
  arguments: { parcelId },
  prints: 'document',
  shape: async () => (await import('@waybill/operations/parcels/show-parcel.ts')).parcelAnswerShape,
  run: async (given, tools) => {
    const [deployment, dynamodb, mapping, { showParcel }] = await Promise.all([
      tools.names('parcelsTable', 'checkpointsTable', 'failuresTable', 'notificationsTable', 'feed'),
      tools.dynamodb(),
      stageMapping(tools.env),
      import('@waybill/operations/parcels/show-parcel.ts'),
    ]);
    const question = { dynamodb, deployment, clock: tools.clock, mapping };
    const answer = await showParcel(question, given.arguments.parcelId, tools.signal);
    tools.print.document(answer, parcelLines);
  },
});

const repair = command({
  name: 'parcel repair',
  summary: 'take wrong events out of a parcel, for good',
  details:
    'The parcel is computed anew from its history without these events, and they stay out when they come again. What has left the history is not known any more. It is kept as long after its delivery as it was before.',
  examples: [
    {
      line: 'parcel repair 5002 --without 9000000000 --dry-run',
      says: 'the parcel before and after, and what it costs',
    },
    {
      line: 'parcel repair 5002 --without 9000000000 --because "id of another carrier"',
      says: 'asks, and does it',
    },
  ],
  arguments: { parcelId },
  options: { without: list('EVENT_ID', 'the wrong event; may be given several times', id) },
  isAct: true,
  prints: 'document',
  shape: async () => (await import('@waybill/operations/record/operation-shape.ts')).actShape,
  run: async (given, tools) => {
    const filter = { parcelId: given.arguments.parcelId, eventIds: given.options.without };
    if (filter.eventIds.length === 0)
      throw usageError('Nothing was done: --without EVENT_ID says which event is wrong');
    const [deployment, dynamodb, mapping, { planRepair, runRepair }] = await Promise.all([
      tools.names('parcelsTable'),
      tools.dynamodb(),
      stageMapping(tools.env),
      import('@waybill/operations/parcels/repair-act.ts'),
    ]);
    const deps = { dynamodb, deployment, clock: tools.clock, mapping };
    return await tools.act<PlannedRepair>({
      kind: 'parcel-repair',
      filter: { parcel: filter.parcelId, without: filter.eventIds },
      plan: ({ signal }) => planRepair(deps, filter, signal),
      sentence: () => `Takes ${eventsOf(filter.eventIds)} out of parcel ${filter.parcelId}, for good.`,
      run: (planned, context) => runRepair(deps, planned, context),
    });
  },
});

function eventsOf(eventIds: readonly number[]): string {
  return `${eventIds.length === 1 ? 'event' : 'events'} ${eventIds.join(', ')}`;
}

export const parcelCommands = [show, repair];
