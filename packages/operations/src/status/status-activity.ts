import type { Activity } from '../activity/activity.ts';
import { type ActivityDependencies, readActivity } from '../activity/read-activity.ts';
import type { Status } from './status-shape.ts';

export type AskedActivity = {
  /** Of whoever has asked for it already, and shows more of it; else it is asked for. */
  readonly askedActivity?: Promise<Activity | null> | undefined;
};

/** Of what processes did lately, what a status tells. A role of an older release may not look: that is a note, not a failure. */
export async function activityIn(
  deps: ActivityDependencies & AskedActivity,
  notes: string[],
  signal: AbortSignal,
): Promise<Status['activity']> {
  let activity: Activity | null;
  try {
    activity = await (deps.askedActivity ?? readActivity(deps, signal));
  } catch (error) {
    if (!(error instanceof Error && error.name === 'AccessDeniedException')) throw error;
    notes.push('What processes did lately is not shown: this role may not read the table of ACTIVITY_TABLE.');
    return null;
  }
  if (!activity) return null;
  const { newestUtc, perSecond, dollarsPerMillion, troubles } = activity;
  const { read, stored, rejected, failed, told } = perSecond;
  return {
    newestUtc,
    perSecond: { read, stored, rejected, failed, told },
    dollarsPerMillion,
    troubles: troubles.map((trouble) => ({ ...trouble })),
  };
}
