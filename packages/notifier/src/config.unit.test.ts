import { describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';

const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

const required = {
  AWS_REGION: 'eu-west-1',
  NOTIFICATION_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/123456789012/waybill-announcements',
  PARCELS_TABLE: 'waybill-parcels',
  NOTIFICATIONS_TABLE: 'waybill-notifications',
  FAILURES_TABLE: 'waybill-failures',
  WEBHOOK_URL: 'https://hooks.example/in',
  WEBHOOK_SECRETS: secret,
};

describe('the notifier’s configuration', () => {
  test('needs the queue, the tables and the webhook, and has the documented defaults', () => {
    expect(readConfig(required)).toMatchObject({
      settings: {
        receivers: 4,
        receiveWaitMs: 20_000,
        visibilityTimeoutMs: 60_000,
        stopTimeoutMs: 40_000,
        webhookConcurrency: 16,
      },
      notify: {
        feed: 'scan-events',
        milestones: ['delivery'],
        corrections: false,
        requirements: [{ name: 'reached' }],
        maxAgeMs: undefined,
      },
      queueUrl: required.NOTIFICATION_QUEUE_URL,
      parcelsTable: 'waybill-parcels',
      notificationsTable: 'waybill-notifications',
      failuresTable: 'waybill-failures',
      webhook: { url: 'https://hooks.example/in', secrets: [secret], timeoutMs: 15_000 },
      report: undefined,
    });
  });

  test('shows every wrong variable at once, and no secret', () => {
    const env = {
      WEBHOOK_URL: 'http://127.0.0.1/',
      WEBHOOK_SECRETS: 'whsec_short',
      NOTIFY: 'delivery lost',
      NOTIFY_REQUIREMENTS: 'unheard-of',
      RECEIVERS: '0',
      STOP_TIMEOUT_SECONDS: '9',
      STAGES: '{',
      FEED: 'two words',
    };
    const read = () => readConfig(env);
    for (const name of [
      'AWS_REGION',
      'NOTIFICATION_QUEUE_URL',
      'PARCELS_TABLE',
      'NOTIFICATIONS_TABLE',
      'FAILURES_TABLE',
    ])
      expect(read).toThrow(new RegExp(`${name} is required`));
    for (const name of Object.keys(env)) expect(read).toThrow(new RegExp(`${name} `));
    expect(read).not.toThrow(/whsec_short/);
  });

  test.each([
    ['20', '15000', '30', true],
    ['20', '15000', '29', false],
    ['0', '15000', '29', false],
    ['0', '100', '10', true],
    ['20', '60000', '119', false],
    ['20', '60000', '120', true],
  ])('long polls of %s s and attempts of %s ms in a stop of %s s: %s', (wait, attempt, stop, allowed) => {
    const read = () =>
      readConfig({
        ...required,
        RECEIVE_WAIT_SECONDS: wait,
        WEBHOOK_TIMEOUT_MS: attempt,
        STOP_TIMEOUT_SECONDS: stop,
      });
    if (allowed) expect(read()).toBeDefined();
    else expect(read).toThrow(/STOP_TIMEOUT_SECONDS must be at least/);
  });
});
