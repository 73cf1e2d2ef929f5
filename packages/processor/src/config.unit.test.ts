import { describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';

const required = {
  AWS_REGION: 'eu-west-1',
  SCAN_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/123456789012/waybill-scans',
  PARCELS_TABLE: 'waybill-parcels',
  FAILURES_TABLE: 'waybill-failures',
};

describe('the processor’s configuration', () => {
  test('needs the queue and the tables, and has the documented defaults', () => {
    expect(readConfig(required)).toMatchObject({
      settings: {
        receivers: 4,
        receiveWaitMs: 20_000,
        writeConcurrency: 64,
        visibilityTimeoutMs: 30_000,
        stopTimeoutMs: 40_000,
      },
      scanQueueUrl: required.SCAN_QUEUE_URL,
      parcelsTable: 'waybill-parcels',
      failuresTable: 'waybill-failures',
      batchesTable: undefined,
      announcementQueueUrls: [],
      announceMaxAgeMs: 72 * 3_600_000,
      process: { stopTimeoutMs: 40_000, endpointIsQueueHost: true },
    });
  });

  test('has batches where their table is named', () => {
    expect(readConfig({ ...required, BATCHES_TABLE: 'waybill-batches' }).batchesTable).toBe('waybill-batches');
  });

  test('has the queues of announcements in the order given, however they are separated', () => {
    const [one, other] = ['https://sqs.eu-west-1.amazonaws.com/1/one', 'http://127.0.0.1:4566/000000000000/other'];
    const env = { ...required, ANNOUNCEMENT_QUEUE_URLS: ` ${one}\n  ${other} `, ANNOUNCE_MAX_AGE_HOURS: '0' };
    expect(readConfig(env)).toMatchObject({ announcementQueueUrls: [one, other], announceMaxAgeMs: undefined });
  });

  test('shows everything that is wrong with the queues of announcements, without what may be a password', () => {
    const url = (name: number | string) => `https://host/${name}`;
    const read = (...urls: string[]) =>
      readConfig({ ...required, ANNOUNCEMENT_QUEUE_URLS: urls.join(' '), RECEIVERS: '0' });
    const many = ['ftp://host/', 'https://user:secret@host/', ...[1, 2, 3, 1].map(url)];
    expect(() => read(...many)).toThrow(/ANNOUNCEMENT_QUEUE_URLS expected an http.s. URL .* got "ftp:/);
    expect(() => read(...many)).toThrow(/ANNOUNCEMENT_QUEUE_URLS expected an http.s. URL .* got "https:..…@host/);
    expect(() => read(...many)).toThrow(/ANNOUNCEMENT_QUEUE_URLS expected each URL once, got "https:..host.1" again/);
    expect(() => read(...many)).toThrow(/ANNOUNCEMENT_QUEUE_URLS expected at most 5 URLs, got 6/);
    expect(() => read(...many)).not.toThrow(/secret/);
    expect(() => read(required.SCAN_QUEUE_URL)).toThrow(/ANNOUNCEMENT_QUEUE_URLS must not have SCAN_QUEUE_URL in it/);
    expect(() => read(required.SCAN_QUEUE_URL)).toThrow(/RECEIVERS expected/);
  });

  test('shows every wrong variable at once, with what was expected and what came', () => {
    const read = () =>
      readConfig({ RECEIVERS: '0', WRITE_CONCURRENCY: 'many', PARCELS_TABLE: 'a b', STOP_TIMEOUT_SECONDS: '29' });
    expect(read).toThrow(/SCAN_QUEUE_URL is required/);
    expect(read).toThrow(/FAILURES_TABLE is required/);
    expect(read).toThrow(/PARCELS_TABLE expected a table name.* got "a b"/);
    expect(read).toThrow(/RECEIVERS expected a whole number 1–64, got "0"/);
    expect(read).toThrow(/WRITE_CONCURRENCY expected .* got "many"/);
    // Checked across two variables, and shown with the others all the same.
    expect(read).toThrow(/STOP_TIMEOUT_SECONDS must be at least RECEIVE_WAIT_SECONDS \+ 10/);
  });

  test.each([
    ['20', '30', true],
    ['20', '29', false],
    ['0', '10', true],
    ['0', '9', false],
  ])('long polls of %s s in a stop of %s s: %s', (RECEIVE_WAIT_SECONDS, STOP_TIMEOUT_SECONDS, allowed) => {
    const read = () => readConfig({ ...required, RECEIVE_WAIT_SECONDS, STOP_TIMEOUT_SECONDS });
    if (allowed) expect(read()).toBeDefined();
    else expect(read).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
