import type { AwsAlarm } from './aws-alarm.ts';
import {
  added,
  duration,
  type GroupLabel,
  neverSeen,
  ofProcesses,
  quantile,
  runningCount,
  series,
} from './expression.ts';
import type { Watched } from './metric-rule.ts';

/** What Waybill's own metrics tell in place of a metric of AWS, and in what that differs. */
export type Equivalent = {
  readonly differs?: string;
  readonly watch: (alarm: AwsAlarm) => Watched;
};

/** Seconds over which percentiles are taken: enough fetches for a rate, whatever the period of the alarm. */
const rateSeconds = 300;

/** Requests in a period from which shares and percentiles say something, as in `api-alarms.ts`. */
const enoughRequests = 20;

const deployment: readonly GroupLabel[] = ['environment'];
const ofWebhook: readonly GroupLabel[] = ['environment', 'webhook'];

/** For as long as the alarm looks back, the first period being the range of the expression. */
const after = ({ periods, periodSeconds }: AwsAlarm) => (periods - 1) * periodSeconds;

const receivedAge =
  'SQS tells the age of the oldest message to CloudWatch only. This is the age of what is received: half of the receives had an older message.';

function lateQueue(
  metric: 'waybill.queue.message_age' | 'waybill.notifier.message_age',
  by: readonly GroupLabel[],
): Equivalent {
  return {
    differs: receivedAge,
    watch: (alarm) => ({
      expr: `${quantile(0.5, metric, rateSeconds, by)} > ${alarm.threshold}`,
      forSeconds: after(alarm),
    }),
  };
}

/** The highest number of dead letters that a process saw in each span of `seconds`, by queue. */
function mostDeadLetters(service: string, by: readonly GroupLabel[], seconds: number): string {
  const highest = `max_over_time(${series('waybill.queue.dead_letters')}[${duration(seconds)}])`;
  return `max by (${[...by, 'queue'].join(', ')}) (${ofProcesses(service, highest, seconds)})`;
}

const deadLetters = (service: string, by: readonly GroupLabel[]): Equivalent => ({
  watch: ({ threshold, periods, periodSeconds }) => ({
    expr: `${mostDeadLetters(service, by, periods * periodSeconds)} >= ${threshold}`,
    forSeconds: 0,
  }),
});

const seen = 'Counts the processes that Prometheus fetches metrics from, not the tasks that ECS runs.';

const requests = (period: number) => added(series('waybill.api.requests'), period, deployment);
const answered = 'Counts what the processes answered: a request that reaches none is not among them.';

/** By the section of the runbook. */
export const equivalents: Readonly<Record<string, Equivalent>> = {
  'scan-queue-old': lateQueue('waybill.queue.message_age', deployment),
  'scan-queue-very-old': lateQueue('waybill.queue.message_age', deployment),
  'announcements-late': lateQueue('waybill.notifier.message_age', ofWebhook),
  'announcements-old': lateQueue('waybill.notifier.message_age', ofWebhook),
  'scan-dlq-not-empty': deadLetters('processor', deployment),
  'announcements-dlq-not-empty': deadLetters('notifier', ofWebhook),
  'scan-dlq-old': {
    watch: ({ threshold, periods, periodSeconds }) => ({
      // The highest of an hour: a restart of the only processor must not begin the days anew.
      expr: `${mostDeadLetters('processor', deployment, periodSeconds)} >= ${threshold}`,
      forSeconds: periods * periodSeconds,
    }),
  },
  'processor-not-running': {
    differs: seen,
    watch: (alarm) => ({
      expr: `${runningCount('processor', deployment)} < ${alarm.threshold} or ${neverSeen('processor')}`,
      forSeconds: alarm.periods * alarm.periodSeconds,
    }),
  },
  'notifier-not-running': {
    differs: seen,
    watch: (alarm) => ({
      expr: `${runningCount('notifier', ofWebhook)} < ${alarm.threshold}`,
      forSeconds: alarm.periods * alarm.periodSeconds,
    }),
  },
  'api-tasks-missing': {
    differs: seen,
    watch: (alarm) => ({
      expr: `${runningCount('api', deployment)} < ${alarm.threshold}`,
      forSeconds: alarm.periods * alarm.periodSeconds,
    }),
  },
  'api-server-errors': {
    differs: answered,
    watch: (alarm) => {
      const all = requests(alarm.periodSeconds);
      const failed = `sum by (environment) (increase(waybill_api_requests_total{status=~"5.."}[${duration(alarm.periodSeconds)}]))`;
      return {
        expr: `100 * ${failed} / ${all} > ${alarm.threshold} and ${all} >= ${enoughRequests}`,
        forSeconds: after(alarm),
      };
    },
  },
  'api-slow': {
    differs: 'Measured in the processes, without the way through a gateway.',
    watch: (alarm) => ({
      expr: `${quantile(0.99, 'waybill.api.duration', alarm.periodSeconds, deployment)} > ${alarm.threshold / 1_000} and ${requests(alarm.periodSeconds)} >= ${enoughRequests}`,
      forSeconds: after(alarm),
    }),
  },
  'api-unavailable': {
    differs: answered,
    watch: (alarm) => ({
      expr: `${added(series('waybill.api.requests', { status: '503' }), alarm.periodSeconds, deployment)} >= ${alarm.threshold}`,
      forSeconds: after(alarm),
    }),
  },
  'task-restarts': {
    differs:
      'Sees a process that comes back at the same address, as containers do that are restarted where they are. A task of ECS that is replaced has a new address.',
    watch: (alarm) => ({
      expr: `sum by (environment) (changes(process_start_time_seconds[${duration(alarm.periodSeconds)}]) and on (environment, job, instance) waybill_build_info) >= ${alarm.threshold}`,
      forSeconds: after(alarm),
    }),
  },
};

/** Alarms that Prometheus has no rule for, and why. */
export const withoutEquivalent: Readonly<Record<string, string>> = {
  'metrics-refused':
    'is about the lines from which CloudWatch Logs makes metrics; Prometheus fetches them itself, and has `up` to say when it cannot',
};
