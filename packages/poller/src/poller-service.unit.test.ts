import { WaybillError } from '@waybill/shared/error.ts';
import { vi } from 'vitest';
import { describeService } from '../../shared/test/service-suite.ts';
import { scans } from '../test/memory-feed.ts';
import { rig } from '../test/poller-rig.ts';

describeService('the poller', () => {
  const { feed, checkpoints, open } = rig(scans(1, 20), { pollIntervalMs: 50 });
  let begun = 0;
  let isWrong = false;
  const poller = open({
    checkTables: async () => {
      begun += 1;
      if (isWrong) throw new WaybillError('TABLE_MISMATCH', 'another table');
    },
  });
  return {
    service: poller,
    begun: () => begun,
    atWork: () => vi.waitUntil(() => feed.requests.length > 1, { timeout: 10_000, interval: 5 }).then(() => undefined),
    fail: () => {
      isWrong = true;
    },
    hang: () => {
      checkpoints.before = () => new Promise(() => undefined);
    },
  };
});
