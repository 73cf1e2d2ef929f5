import type { z } from 'zod';
import type { Proxies } from '../http/proxies.ts';
import { samplerNames } from '../telemetry/traces/sampler-names.ts';
import type { TraceSettings } from '../telemetry/traces/start-tracing.ts';
import { type BuildInfo, buildInfo } from './build-info.ts';
import { decimalNumber, httpUrl, oneOf, pattern, wholeNumber } from './env.ts';
import { type LogLevel, logLevels } from './logger.ts';
import { proxiesIn, proxyVariables } from './proxy-variables.ts';

/** The variables that every process reads; each process's own come on top. */
export const commonVariables = {
  AWS_REGION: pattern(/^[a-z0-9-]+$/, {
    allowed: 'a region, such as `eu-west-1`',
    meaning: 'region of the AWS SDK, which finds its credentials itself',
  }),
  AWS_ENDPOINT_URL: httpUrl({ default: '', meaning: 'endpoint of both services, if not AWS (LocalStack)' }),
  AWS_ENDPOINT_URL_SQS: httpUrl({ default: '', meaning: 'endpoint of SQS, if not AWS' }),
  AWS_ENDPOINT_URL_DYNAMODB: httpUrl({ default: '', meaning: 'endpoint of DynamoDB, if not AWS' }),
  ...proxyVariables,
  LOG_LEVEL: oneOf(logLevels, { default: 'info', meaning: 'lowest level that is logged' }),
  HTTP_PORT: wholeNumber({
    min: 0,
    max: 65_535,
    default: 8080,
    meaning: 'port of `/livez`, `/readyz` and `/metrics`; 0 for any free port',
  }),
  HTTP_HOST: pattern(/^[A-Za-z0-9.:-]+$/, {
    allowed: 'a host name or address',
    default: '0.0.0.0',
    meaning: 'address to listen on',
  }),
  STOP_TIMEOUT_SECONDS: wholeNumber({
    min: 1,
    max: 3_600,
    default: 40,
    meaning: 'longest time for a clean stop; after it the process ends with exit code 1',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl({
    default: '',
    meaning:
      "metrics and traces are pushed there; OpenTelemetry's other `OTEL_EXPORTER_OTLP_*` and `OTEL_RESOURCE_ATTRIBUTES` apply",
  }),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl({
    default: '',
    meaning: 'traces are pushed to this URL as it is, with `/v1/traces` in it, instead',
  }),
  OTEL_TRACES_SAMPLER: oneOf(samplerNames, {
    default: 'parentbased_always_on',
    meaning:
      'which traces are made, where there is an endpoint for them (`docs/traces.md`). `parentbased_`: a message decides that carries one on',
  }),
  OTEL_TRACES_SAMPLER_ARG: decimalNumber({
    min: 0,
    max: 1,
    default: 1,
    meaning: 'share of the traces that begin here, for the samplers `traceidratio`',
  }),
  OTEL_BSP_SCHEDULE_DELAY: wholeNumber({
    min: 100,
    max: 60_000,
    default: 5_000,
    meaning: 'milliseconds between two exports of traces',
  }),
  CLOUDWATCH_NAMESPACE: pattern(/^(?!AWS\/)[\w./#-][\w./#: -]{0,254}$/, {
    allowed: 'a CloudWatch namespace, 1–255 of `A-Za-z0-9._/#: -`, not beginning with `:` or `AWS/`',
    default: '',
    shownDefault: 'none',
    meaning: 'metrics also go to this namespace, as lines on standard output that CloudWatch Logs reads',
  }),
  OTEL_METRIC_EXPORT_INTERVAL: wholeNumber({
    min: 100,
    max: 3_600_000,
    default: 60_000,
    meaning:
      'milliseconds between two exports, by OTLP and to CloudWatch; beyond a minute the alarms on AWS look at longer periods',
  }),
  WAYBILL_COMMIT: pattern(/^[\w.-]{1,64}$/, {
    allowed: '1–64 letters, digits, `.`, `_` and `-`',
    default: 'unknown',
    meaning: 'the commit that runs, 40 hex digits, for log and metrics. The images set it',
  }),
};

/** The configuration of every process, in the units that the code uses. */
export type ProcessConfig = {
  readonly build: BuildInfo;
  readonly http: { readonly host: string; readonly port: number };
  readonly logLevel: LogLevel;
  readonly stopTimeoutMs: number;
  readonly telemetry: {
    readonly otlp: boolean;
    /** Empty for none. */
    readonly cloudWatchNamespace: string;
    readonly exportIntervalMs: number;
  };
  /** Where poller, processor and notifier say what they do; undefined: nowhere. */
  readonly activityTable?: string | undefined;
  /** Undefined: none are made. */
  readonly traces: TraceSettings | undefined;
  /** Whether requests go to the host in the queue's URL, as on AWS, and not to an endpoint of their own. */
  readonly endpointIsQueueHost: boolean;
  /** Of the requests to AWS. */
  readonly proxies: Proxies;
};

type CommonValues = { readonly [Name in keyof typeof commonVariables]: z.output<(typeof commonVariables)[Name]> };

/** The configuration that the values of {@link commonVariables} make. */
export function processConfigOf(read: CommonValues & { readonly ACTIVITY_TABLE?: string }): ProcessConfig {
  return {
    activityTable: read.ACTIVITY_TABLE || undefined,
    build: buildInfo(read),
    http: { host: read.HTTP_HOST, port: read.HTTP_PORT },
    logLevel: read.LOG_LEVEL,
    stopTimeoutMs: read.STOP_TIMEOUT_SECONDS * 1_000,
    telemetry: {
      otlp: read.OTEL_EXPORTER_OTLP_ENDPOINT !== '',
      cloudWatchNamespace: read.CLOUDWATCH_NAMESPACE,
      exportIntervalMs: read.OTEL_METRIC_EXPORT_INTERVAL,
    },
    traces: tracesOf(read),
    endpointIsQueueHost: read.AWS_ENDPOINT_URL === '' && read.AWS_ENDPOINT_URL_SQS === '',
    proxies: proxiesIn(read),
  };
}

function tracesOf(read: CommonValues): TraceSettings | undefined {
  const { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ofTraces, OTEL_EXPORTER_OTLP_ENDPOINT: ofAll } = read;
  const sampler = read.OTEL_TRACES_SAMPLER;
  if ((ofTraces === '' && ofAll === '') || sampler === 'always_off') return undefined;
  return { sampler, ratio: read.OTEL_TRACES_SAMPLER_ARG, scheduleDelayMs: read.OTEL_BSP_SCHEDULE_DELAY };
}
