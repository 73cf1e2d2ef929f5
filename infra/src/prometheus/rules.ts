import type { MetricAlarm } from '@waybill/shared/alarms/metric-alarm.ts';
import { feedAlarms, notifierAlarms, processorAlarms } from '@waybill/shared/alarms/process-alarms.ts';
import { throttlingAlarm } from '@waybill/shared/alarms/throttling-alarm.ts';
import type { Context } from '../context/context.ts';
import type { AwsAlarm } from './aws-alarm.ts';
import { equivalents } from './equivalents.ts';
import type { GroupLabel } from './expression.ts';
import { metricRule, type Watched } from './metric-rule.ts';

export type Rule = Watched & {
  /** The heading of its section in `infra/RUNBOOK.md`. */
  readonly section: string;
  readonly severity: 'critical' | 'warning';
  /** What it means for the users of the data; may hold templates of labels. */
  readonly impact: string;
  /** In what it differs from CloudWatch's. */
  readonly differs?: string;
};

/** How an alert's text names the webhook that it is about. */
const webhookTemplate = '{{ $labels.webhook }}';

/** Prometheus fetches a minute's values several times: nothing to wait for. */
const publishing = { exportIntervalMs: 60_000 };

const tables = ['parcels', 'checkpoints', 'failures', 'operations', 'batches', 'notifications'] as const;

export type RuleSetting = Pick<Context, 'quietHours'> & {
  /** `POLL_INTERVAL_MS`. */
  readonly pollIntervalMs: number;
};

/** The alarms about Waybill's own metrics, by section: those that CloudWatch has. */
function metricAlarms(setting: RuleSetting): Readonly<Record<string, MetricAlarm>> {
  return {
    ...feedAlarms({ ...publishing, ...setting }),
    ...processorAlarms({ ...publishing, announces: true }),
    ...notifierAlarms({ ...publishing, webhook: webhookTemplate }),
    ...Object.fromEntries(
      tables.map((table) => [
        `${table}-throttled`,
        throttlingAlarm(table, { ...publishing, webhook: webhookTemplate }),
      ]),
    ),
  };
}

/**
 * A rule for each alarm: from its definition where it is about a metric of ours, from what ours tell where it is about one of
 * AWS. Alarms without either are left out.
 *
 * @param webhook the name that the texts of `alarms` have for a webhook
 */
export function alertRules(alarms: readonly AwsAlarm[], setting: RuleSetting, webhook: string): readonly Rule[] {
  const own = Object.entries(metricAlarms(setting)).map(([section, alarm]): Rule => {
    const by: readonly GroupLabel[] = alarm.impact.includes(webhookTemplate)
      ? ['environment', 'webhook']
      : ['environment'];
    return { section, severity: alarm.severity, impact: alarm.impact, ...metricRule(alarm, by) };
  });
  const named = new Set(own.map(({ section }) => section));
  const others = alarms.flatMap((alarm): Rule[] => {
    const { section, severity, impact } = alarm;
    const equivalent = equivalents[section];
    if (!equivalent || named.has(section)) return [];
    const { differs } = equivalent;
    const shared = { section, severity, impact: impact.replaceAll(webhook, webhookTemplate) };
    return [{ ...shared, ...(differs !== undefined && { differs }), ...equivalent.watch(alarm) }];
  });
  return [...own, ...others].toSorted((a, b) => (a.section < b.section ? -1 : 1));
}

/** The name of a rule's alert: `WaybillFeedLag`. */
export function alertName({ section }: Pick<Rule, 'section'>): string {
  const words = section.split('-').map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`);
  return `Waybill${words.join('')}`;
}
