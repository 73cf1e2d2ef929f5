import type { Status } from '@waybill/operations/status/status-shape.ts';
import { counted } from '@waybill/shared/counted.ts';
import { troublesSaid } from './acts.ts';
import type { RunState } from './control-shapes.ts';

/** Of a feed that moves some messages are always on their way: more than these are a backlog. */
const mostQueued = 50;
const mostAnnounced = 10;
/** Seconds behind, of a poller that keeps up. */
const mostBehind = 10;

type Seen = { readonly status: Status; readonly state: Pick<RunState, 'owed' | 'announcements'> };

/** What is not worked off yet, a few words each; empty when all is. */
export function backlogOf({ status, state: { owed, announcements } }: Seen): string[] {
  const { position, queue, unfinishedNotifications } = status;
  const behind = position?.secondsBehind ?? null;
  const queued = queue && queue.visible + queue.inFlight + queue.delayed;
  return [
    ...(behind === null ? ['how far behind it is is not known'] : []),
    ...(behind !== null && behind > mostBehind ? [`${behind} s behind`] : []),
    ...(queued === null ? ['the queue is not known'] : []),
    ...(queued !== null && queued > mostQueued ? [`${counted(queued, 'message')} in the queue`] : []),
    ...(announcements > mostAnnounced ? [`${counted(announcements, 'announcement')} in the queue`] : []),
    ...(unfinishedNotifications ? [`${counted(unfinishedNotifications, 'notification')} not told`] : []),
    ...(owed > 0 ? [`${counted(owed, 'scan')} that the carrier has to send again`] : []),
  ];
}

/** What is not well yet: the backlog, what the page still says of troubles, and what it could not ask for. */
export function unwell(seen: Seen): string[] {
  return [
    ...backlogOf(seen),
    ...troublesSaid(seen.status).map((sentence) => `the page says: ${sentence}`),
    ...seen.status.notAsked.map(({ part }) => `the page could not ask for ${part}`),
  ];
}
