import { z } from 'zod';
import type { SynthesizedStack } from '../synthesis/synthesize.ts';

/** An alarm of CloudWatch, as a template has it. */
export type AwsAlarm = {
  /** The heading of its section in `infra/RUNBOOK.md`. */
  readonly section: string;
  readonly severity: 'critical' | 'warning';
  readonly impact: string;
  readonly threshold: number;
  readonly periods: number;
  readonly periodSeconds: number;
  /** Whether each webhook has one. */
  readonly ofWebhook: boolean;
};

const template = z.object({
  AlarmName: z.string(),
  AlarmDescription: z.string(),
  Threshold: z.number(),
  EvaluationPeriods: z.number(),
  Period: z.number().optional(),
  // Of an expression: its metrics share one period.
  Metrics: z
    .array(z.object({ Period: z.number().optional(), MetricStat: z.object({ Period: z.number() }).optional() }))
    .default([]),
});

/** The alarms of these stacks. `webhook` is the one that they have. */
export function awsAlarms(
  stacks: readonly SynthesizedStack[],
  { environment, webhook }: { readonly environment: string; readonly webhook: string },
): readonly AwsAlarm[] {
  return stacks
    .flatMap(({ resources }) => Object.values(resources))
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .map(({ Properties }) => {
      const alarm = template.parse(Properties);
      const [, severity = '', impact = ''] =
        /^(CRITICAL|WARNING): (.+) What to do: /.exec(alarm.AlarmDescription) ?? [];
      const name = alarm.AlarmName.replace(`waybill-${environment}-`, '');
      const periodSeconds =
        alarm.Period ?? alarm.Metrics.flatMap((each) => each.MetricStat?.Period ?? each.Period ?? [])[0];
      if (severity === '' || periodSeconds === undefined) throw new Error(`cannot read the alarm ${alarm.AlarmName}`);
      return {
        section: name.replace(new RegExp(`-${webhook}$`), ''),
        severity: severity === 'CRITICAL' ? ('critical' as const) : ('warning' as const),
        impact,
        threshold: alarm.Threshold,
        periods: alarm.EvaluationPeriods,
        periodSeconds,
        ofWebhook: name.endsWith(`-${webhook}`),
      };
    });
}
