import { z } from 'zod';
import { shownHistory } from '../domain/history.ts';
import { type MilestoneName, milestoneNames } from '../domain/milestones.ts';
import { type StageMapping, stageOf } from '../domain/stage.ts';
import { stages } from '../domain/stage-names.ts';
import type { StoredParcel } from './parcel-table.ts';

/** An id of the feed. Plain, and not `z.int()`: a parcel that another program has stored may be shown as it is. */
const id = z.number();

const scanShape = z.strictObject({
  eventId: id,
  type: z.string(),
  statusCode: z.string(),
  runId: z.string(),
  createdDateTimeUtc: z.string(),
});

const milestoneShape = z.strictObject({ eventId: id, timeUtc: z.string() }).nullable();

// Holds: each name of a milestone is a key, with the shape of its type.
const milestoneShapes = Object.fromEntries(milestoneNames.map((name) => [name, milestoneShape])) as Record<
  MilestoneName,
  typeof milestoneShape
>;

/** A parcel as the command line prints it and the API returns it (`api.md`, "Parcels"). */
export const parcelShape = z.strictObject({
  parcelId: id,
  stage: z.enum(stages),
  latest: scanShape,
  ...milestoneShapes,
  /** The newest first, one entry an EventId; absent where none is kept. */
  history: z.array(scanShape.omit({ runId: true })).optional(),
  revision: z.number(),
  updatedAtUtc: z.string(),
});

export type ParcelView = z.infer<typeof parcelShape>;

/** A stored parcel, with the time of its last write. */
export type ReadParcel = StoredParcel & { readonly updatedAtUtc: string };

/** Shows a stored parcel. `mapping`: what `STAGES` says. */
export function parcelView({ state, revision, updatedAtUtc }: ReadParcel, mapping: StageMapping): ParcelView {
  const { eventId, type, statusCode, runId, createdDateTimeUtc } = state.latest;
  const milestones = milestoneNames.map((name) => [name, state.milestones[name] ?? null] as const);
  const history = shownHistory(state.history).map((scan) => ({
    eventId: scan.eventId,
    createdDateTimeUtc: scan.createdDateTimeUtc,
    type: scan.type,
    statusCode: scan.statusCode,
  }));
  return {
    parcelId: state.parcelId,
    stage: stageOf(state, mapping),
    latest: { eventId, type, statusCode, runId, createdDateTimeUtc },
    // Holds: each name of a milestone is a key.
    ...(Object.fromEntries(milestones) as Record<MilestoneName, ParcelView[MilestoneName]>),
    ...(history.length > 0 && { history }),
    revision,
    updatedAtUtc,
  };
}
