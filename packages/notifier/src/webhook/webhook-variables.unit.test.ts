import { readEnv, wholeNumber } from '@waybill/shared/process/env.ts';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  optionalWebhookVariables,
  reportSettingsOf,
  webhookSettingsOf,
  webhookVariables,
  withWebhookChecks,
} from './webhook-variables.ts';

const secretOf = (byte: number, bytes = 32) => `whsec_${Buffer.alloc(bytes, byte).toString('base64')}`;
const given = { WEBHOOK_URL: 'https://hooks.example/in?key=k-1', WEBHOOK_SECRETS: secretOf(1) };
const schema = withWebhookChecks(z.object(webhookVariables));
const optional = withWebhookChecks(z.object(optionalWebhookVariables));

type Env = Readonly<Record<string, string>>;

function problemsOf(env: Env, of: z.ZodType = schema): string {
  try {
    readEnv(of, env);
    return '';
  } catch (error) {
    return String(error).split('\n').slice(1).join('\n');
  }
}

const literals = [
  '127.0.0.1',
  '2130706433',
  '0x7f.1',
  '017700000001',
  '0',
  '127.1',
  '127.0.0.1.',
  '１２７.0.0.1',
  '10.0.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '100.64.0.1',
  '192.0.2.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '[::]',
  '[::1]',
  '[::127.0.0.1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::ffff:8.8.8.8]',
  '[64:ff9b::8.8.8.8]',
  '[2002:808:808::1]',
  '[2001:0:808:808::1]',
  '[fc00::1]',
  '[fe80::1]',
  '[fec0::1]',
  '[ff02::1]',
  '[2001:db8::1]',
  '[4000::1]',
];

const never = [
  '169.254.169.254',
  '2852039166',
  '0xa9fea9fe',
  '0251.0376.0251.0376',
  '169.254.170.2',
  '[::169.254.169.254]',
  '[::ffff:169.254.169.254]',
  '[::ffff:0:a9fe:a9fe]',
  '[64:ff9b::a9fe:a9fe]',
  '[64:ff9b:1::a9fe:a9fe]',
  '[64:ff9b:1:a9fe:a9:fe00::]',
  '[64:ff9b:1:a9:fe:a9fe::]',
  '[64:ff9b:1:0:a9:fea9:fe00:0]',
  '[2002:a9fe:a9fe::1]',
  '[2001:0:a9fe:a9fe::1]',
  '[2001::5601:5601]',
  '[fd00:ec2::254]',
];

describe('the URL of the webhook', () => {
  test('may be any https URL with a name or a public address', () => {
    for (const host of ['hooks.example', 'hooks.example.', '1.1.1.1', '[2606:4700::1111]'])
      expect(problemsOf({ ...given, WEBHOOK_URL: `https://${host}/in` })).toBe('');
  });

  test.each(literals)('may not be of the host %s, which is not public, unless its network is allowed', (host) => {
    expect(problemsOf({ ...given, WEBHOOK_URL: `https://${host}/in` })).toContain('not within WEBHOOK_ALLOWED_CIDRS');
    const allowed = { ...given, WEBHOOK_ALLOWED_CIDRS: '0.0.0.0/0 ::/0' };
    expect(problemsOf({ ...allowed, WEBHOOK_URL: `https://${host}/in` })).toBe('');
    expect(problemsOf({ ...allowed, WEBHOOK_URL: `http://${host}/in` })).toBe('');
  });

  test.each(never)('is never of the host %s, whatever is allowed', (host) => {
    const env = { ...given, WEBHOOK_ALLOWED_CIDRS: '0.0.0.0/0 ::/0', REPORT_URL: `http://${host}/` };
    expect(problemsOf({ ...env, WEBHOOK_URL: `https://${host}/in` })).toMatch(
      /WEBHOOK_URL .* never called\n.*REPORT_URL .* never called$/,
    );
  });

  test('is http only for what is allowed, which for a name is known at its look-up', () => {
    expect(problemsOf({ ...given, WEBHOOK_URL: 'http://1.1.1.1/in' })).toContain('which http needs');
    expect(problemsOf({ ...given, WEBHOOK_URL: 'http://hooks.example/in' })).toContain('and there are none');
    const allowed = { ...given, WEBHOOK_ALLOWED_CIDRS: '10.1.0.0/16' };
    expect(problemsOf({ ...allowed, WEBHOOK_URL: 'http://hooks.internal/in' })).toBe('');
    expect(problemsOf({ ...allowed, WEBHOOK_URL: 'http://10.1.2.3/in' })).toBe('');
    expect(problemsOf({ ...allowed, WEBHOOK_URL: 'http://10.2.2.3/in' })).toContain('which http needs');
  });

  test.each(['https://user:pass@hooks.example/', 'ftp://hooks.example/', 'hooks.example', 'https://', 'data:,x'])(
    'is not %s',
    (url) => {
      const problems = problemsOf({ ...given, WEBHOOK_URL: url });
      expect(problems).toContain('WEBHOOK_URL expected an https URL');
      expect(problems).not.toContain('user:pass');
    },
  );
});

describe('the networks that are allowed', () => {
  test.each(['10.0.0.0/33', '10.0.0.1/8', '10.0.0.1', '0x7f.0.0.0/8', '127/8', '::/129', 'fe80::1%1/64', 'x'])(
    'are not %s',
    (text) => {
      expect(problemsOf({ ...given, WEBHOOK_ALLOWED_CIDRS: `10.0.0.0/8 ${text}` })).toContain('expected networks');
    },
  );

  test.each(['169.254.0.0/16', '169.254.169.254/32', 'fd00:ec2::/32', 'fd00:ec2::254/128'])(
    'are not %s, which would do nothing',
    (text) => {
      expect(problemsOf({ ...given, WEBHOOK_ALLOWED_CIDRS: text })).toContain('never called: remove it');
    },
  );
});

describe('the secrets', () => {
  test('are one to three, and never printed', () => {
    const three = [secretOf(1), secretOf(2, 24), secretOf(3, 64)];
    expect(problemsOf({ ...given, WEBHOOK_SECRETS: three.join(' ') })).toBe('');
    expect(problemsOf({ ...given, WEBHOOK_SECRETS: [...three, secretOf(4)].join(' ') })).toContain('got 4');
    const short = secretOf(5, 23);
    const problems = problemsOf({ ...given, WEBHOOK_SECRETS: `${secretOf(1)} ${short}` });
    expect(problems).toContain('secret 2: expected whsec_');
    expect(problems).not.toContain(short.slice(6, 16));
  });

  test('are required with a URL, also where no webhook is needed', () => {
    expect(problemsOf({ WEBHOOK_URL: given.WEBHOOK_URL })).toContain('WEBHOOK_SECRETS is required');
    expect(problemsOf({ WEBHOOK_URL: given.WEBHOOK_URL }, optional)).toContain('WEBHOOK_SECRETS is required');
    expect(problemsOf({}, optional)).toBe('');
  });
});

test('all that is wrong is said at once', () => {
  const problems = problemsOf(
    { WEBHOOK_URL: 'https://10.0.0.1/', REPORT_URL: 'http://169.254.169.254/', OTHER: 'x' },
    withWebhookChecks(
      z.object({ ...webhookVariables, OTHER: wholeNumber({ min: 1, max: 2, default: 1, meaning: 'another' }) }),
    ),
  );
  expect(problems.split('\n')).toHaveLength(4);
});

test('the settings are what the variables say; without a URL there are none', () => {
  const read = readEnv(schema, {
    ...given,
    WEBHOOK_ALLOWED_CIDRS: ' 10.1.0.0/16  fd12::/16 ',
    REPORT_URL: 'http://10.9.9.9/parcels?v=1',
    REPORT_TOKEN: 't-1',
  });
  expect(webhookSettingsOf(read)).toMatchObject({
    url: given.WEBHOOK_URL,
    secrets: [secretOf(1)],
    allowedCidrs: [{ text: '10.1.0.0/16' }, { text: 'fd12::/16' }],
    timeoutMs: 15_000,
    concurrency: 16,
  });
  expect(reportSettingsOf(read)).toEqual({
    url: 'http://10.9.9.9/parcels?v=1',
    token: 't-1',
    timeoutMs: 15_000,
    concurrency: 16,
  });
  const none = readEnv(optional, {});
  expect([webhookSettingsOf(none), reportSettingsOf(none)]).toEqual([undefined, undefined]);
});
