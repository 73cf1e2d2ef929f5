import type { Status } from '@waybill/operations/status/status-shape.ts';
import { counted } from '@waybill/shared/counted.ts';
import { speaksOfTrouble } from './acts.ts';
import type { RunState } from './control-shapes.ts';

/** Of a feed that moves some messages are always on their way: more than these are a backlog. */
const mostQueued = 50;
/** Seconds behind, of a poller that keeps up. */
const mostBehind = 10;

/** What is not well yet in a run, a few words each; empty when all is. */
export function unwell(status: Status, { owed, announcements }: Pick<RunState, 'owed' | 'announcements'>): string[] {
  const { position, queue, unfinishedNotifications } = status;
  const queued = queue && queue.visible + queue.inFlight + queue.delayed;
  const behind = position?.secondsBehind ?? null;
  return [
    ...(speaksOfTrouble(status) ? ['the page speaks of the trouble'] : []),
    ...(behind === null || behind > mostBehind
      ? [`the feed is ${behind === null ? 'not read' : `${behind} s ahead`}`]
      : []),
    ...(queued === null || queued > mostQueued ? [`${counted(queued ?? 0, 'message')} in the queue`] : []),
    ...(announcements > mostQueued ? [`${counted(announcements, 'announcement')} in the queue`] : []),
    ...(unfinishedNotifications ? [`${counted(unfinishedNotifications, 'notification')} not told`] : []),
    ...(owed > 0 ? [`the carrier has ${counted(owed, 'scan')} to send again`] : []),
  ];
}
