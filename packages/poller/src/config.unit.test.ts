import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

const required = {
  AWS_REGION: 'eu-west-1',
  SCAN_API_URL: 'https://carrier.example/v1/scans/scanevents',
  SCAN_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/000000000000/waybill-scans',
  CHECKPOINTS_TABLE: 'waybill-checkpoints',
};

test('the defaults are those of the documentation', () => {
  expect(readConfig(required)).toMatchObject({
    settings: {
      feed: 'scan-events',
      firstEventId: 1,
      limit: 100,
      requestsPerSecond: 10,
      requestTimeoutMs: 10_000,
      pollIntervalMs: 1_000,
      leaseMs: 15_000,
      messageMaxBytes: 61_440,
      maxQueueMessages: 50_000,
      catchUpReaders: 8,
      gapPatienceMs: 600_000,
    },
    scanApi: { token: '' },
    scanQueueUrl: required.SCAN_QUEUE_URL,
    checkpointsTable: 'waybill-checkpoints',
    process: { stopTimeoutMs: 40_000, endpointIsQueueHost: true },
  });
});

test('every wrong variable is in the error, with what was expected and what came, but never a secret', () => {
  const wrong = {
    SCAN_API_LIMIT: '0',
    POLL_INTERVAL_MS: '1.5',
    SCAN_API_REQUESTS_PER_SECOND: 'fast',
    FEED: 'two words',
    SCAN_API_TOKEN: 's3cret with spaces',
    SCAN_API_URL: 'ftp://carrier.example',
  };
  let message = '';
  try {
    readConfig({ ...wrong, AWS_REGION: 'eu-west-1' });
  } catch (error) {
    message = String(error);
  }
  for (const name of [...Object.keys(wrong), 'SCAN_QUEUE_URL', 'CHECKPOINTS_TABLE']) expect(message).toContain(name);
  expect(message).not.toContain('s3cret');
});
