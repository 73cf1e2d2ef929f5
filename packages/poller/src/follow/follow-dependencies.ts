import type { IdRange } from '@waybill/shared/domain/id-range.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { WhenCapacity } from '@waybill/shared/queue/queue-capacity.ts';
import type { PageReader } from '../feed/read-page.ts';
import type { SendPage } from '../queue/send-page.ts';
import type { ProgressDependencies } from './progress.ts';

/** What the following of a feed works with. */
export type FollowDependencies = ProgressDependencies & {
  readonly reader: PageReader;
  readonly metrics: Metrics;
  readonly pollIntervalMs: number;
  /** `CATCH_UP_READERS`: how many read at once while there is a backlog. */
  readonly catchUpReaders: number;
  readonly requestsPerSecond: number;
  /** `heap_size_limit` of V8, bytes: pages of several readers are kept within it. */
  readonly heapBytes: number;
  /** Whether gaps are watched. */
  readonly watchesGaps: boolean;
  readonly whenCapacity: WhenCapacity;
  /** The position crosses a hole. */
  readonly crossed: (hole: IdRange) => void;
  /** For what is not yielded: the pages of several readers, which do not wait for each other. */
  readonly send: SendPage;
};
