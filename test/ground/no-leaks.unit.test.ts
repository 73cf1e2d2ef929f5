import { expect, test } from 'vitest';
import { WaybillError } from '../../packages/shared/src/error.ts';
import { planted, takeLeaks } from '../../packages/shared/test/planted.ts';
import { recordedLog } from '../../packages/shared/test/recorded-log.ts';

test.for(planted)('a log that says %s fails its test', (secret) => {
  const { log } = recordedLog();
  log.info({ events: 3 }, 'page queued');
  expect(takeLeaks()).toEqual([]);
  log.warn({ err: new WaybillError('FEED_UNREADABLE', `received ${JSON.stringify({ UserId: secret })}`) }, 'failed');
  expect(takeLeaks()).toMatchObject([{ secret }]);
});
