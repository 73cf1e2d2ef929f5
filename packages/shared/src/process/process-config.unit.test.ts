import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { describeVariable, readEnv } from './env.ts';
import { commonVariables, processConfigOf } from './process-config.ts';

const schema = z.object(commonVariables);

test('the variables of every process need a region and nothing else', () => {
  expect(readEnv(schema, { AWS_REGION: 'eu-west-1' })).toEqual({
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL: '',
    AWS_ENDPOINT_URL_SQS: '',
    AWS_ENDPOINT_URL_DYNAMODB: '',
    HTTPS_PROXY: '',
    HTTP_PROXY: '',
    NO_PROXY: '',
    LOG_LEVEL: 'info',
    HTTP_PORT: 8080,
    HTTP_HOST: '0.0.0.0',
    STOP_TIMEOUT_SECONDS: 40,
    OTEL_EXPORTER_OTLP_ENDPOINT: '',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '',
    OTEL_TRACES_SAMPLER: 'parentbased_always_on',
    OTEL_TRACES_SAMPLER_ARG: 1,
    OTEL_BSP_SCHEDULE_DELAY: 5_000,
    CLOUDWATCH_NAMESPACE: '',
    OTEL_METRIC_EXPORT_INTERVAL: 60_000,
    WAYBILL_COMMIT: 'unknown',
  });
  expect(() => readEnv(schema, {})).toThrow(/:\n {2}AWS_REGION is required: a region, such as `eu-west-1`$/);
});

test.for([
  ['Waybill/prod', true],
  ['My team: Waybill #1', true],
  [':Waybill', false],
  ['AWS/Waybill', false],
  ['Waybill,prod', false],
  ['x'.repeat(255), true],
  ['x'.repeat(256), false],
] as const)('they take %j for a CloudWatch namespace: %s', ([namespace, isTaken]) => {
  expect(commonVariables.CLOUDWATCH_NAMESPACE.safeParse(namespace).success).toBe(isTaken);
});

test('they are each documented with what is allowed, the default and the meaning', () => {
  for (const variable of Object.values(commonVariables)) {
    expect(describeVariable(variable)).toEqual({
      allowed: expect.stringMatching(/./),
      default: expect.stringMatching(/^(required|none|`.+`)$/),
      meaning: expect.stringMatching(/./),
    });
  }
  expect(describeVariable(commonVariables.HTTP_PORT)).toMatchObject({
    allowed: 'a whole number 0–65,535',
    default: '`8080`',
  });
  expect(describeVariable(commonVariables.AWS_REGION)).toMatchObject({ default: 'required' });
  expect(describeVariable(z.string())).toBe(undefined);
});

test('they are handed on in the units of the code', () => {
  const config = (env: Record<string, string>) =>
    processConfigOf(readEnv(schema, { AWS_REGION: 'eu-west-1', STOP_TIMEOUT_SECONDS: '12', ...env }));
  expect(config({})).toEqual({
    build: { version: expect.stringMatching(/^\d+\.\d+\.\d+$/), commit: 'unknown' },
    proxies: { http: undefined, https: undefined, of: expect.any(Function) },
    http: { host: '0.0.0.0', port: 8080 },
    logLevel: 'info',
    stopTimeoutMs: 12_000,
    telemetry: { otlp: false, cloudWatchNamespace: '', exportIntervalMs: 60_000 },
    endpointIsQueueHost: true,
  });
  expect(config({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }).telemetry.otlp).toBe(true);
});

test.for(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_SQS'])(
  '%s sends requests elsewhere than to the queue’s host',
  (name) => {
    const env = { AWS_REGION: 'eu-west-1', [name]: 'http://127.0.0.1:4566' };
    expect(processConfigOf(readEnv(schema, env)).endpointIsQueueHost).toBe(false);
  },
);

describe('traces', () => {
  const all = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };
  const ofTraces = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4318/v1/traces' };
  const config = (more: Record<string, string>) =>
    processConfigOf(readEnv(schema, { AWS_REGION: 'eu-west-1', ...more }));

  test('are made where there is an endpoint for them, all unless a sampler leaves some out', () => {
    expect(config({}).traces).toBeUndefined();
    expect(config(all).traces).toEqual({ sampler: 'parentbased_always_on', ratio: 1, scheduleDelayMs: 5_000 });
    expect(config(ofTraces)).toMatchObject({ traces: { ratio: 1 }, telemetry: { otlp: false } });
    const share = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.01' };
    expect(config({ ...all, ...share }).traces).toMatchObject({ sampler: 'parentbased_traceidratio', ratio: 0.01 });
    expect(config({ ...all, OTEL_TRACES_SAMPLER: 'always_off' }).traces).toBeUndefined();
  });

  test('are refused with a sampler or a share that there is not', () => {
    expect(() => config({ ...all, OTEL_TRACES_SAMPLER: 'jaeger_remote' })).toThrow(
      /OTEL_TRACES_SAMPLER expected one of/,
    );
    expect(() => config({ ...all, OTEL_TRACES_SAMPLER_ARG: '1.5' })).toThrow(
      /OTEL_TRACES_SAMPLER_ARG expected a number/,
    );
  });
});
