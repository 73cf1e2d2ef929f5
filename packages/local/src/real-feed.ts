import { systemClock } from '@waybill/shared/clock.ts';
import type { AnswerObserver } from '@waybill/shared/scan-api/answer-observer.ts';
import { scanApi } from '@waybill/shared/scan-api/scan-api.ts';
import type { ScanFeed } from '@waybill/shared/scan-api/scan-feed.ts';
import type { RealFeed } from './config.ts';

/** Asks a real feed with all that it demands, one request at a time, as the poller does. */
export function openRealApi(feed: RealFeed, observer?: AnswerObserver): ScanFeed {
  return scanApi({ ...feed, clock: systemClock, ...(observer && { observer }) });
}
