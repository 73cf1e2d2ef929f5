import type { Severity } from '@waybill/shared/alarms/metric-alarm.ts';
import { Alarm, type AlarmProps } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Context } from '../context/context.ts';

/** Who is told of an alarm, by how urgent it is. */
export type AlarmTopics = Readonly<Record<Severity, ITopic>>;

/** What is the same for every alarm of a deployment. */
export type AlarmSetting = {
  readonly context: Pick<Context, 'environment' | 'runbookUrl'>;
  readonly topics: AlarmTopics;
};

export type WaybillAlarmProps = Omit<AlarmProps, 'alarmName' | 'alarmDescription' | 'actionsEnabled'> &
  AlarmSetting & {
    /** The heading of its section in `infra/RUNBOOK.md`, in lower case with dashes: `scan-dlq-not-empty`. */
    readonly section: string;
    /** The name of the webhook that it is about, where each has such an alarm. */
    readonly webhook?: string;
    /** Also decides which topic is told. */
    readonly severity: Severity;
    /** What it means for the users of the data. No alarm can be made without it. */
    readonly impact: string;
  };

/**
 * An alarm that says its impact, links its section of the runbook, and notifies the topic of its severity when it is raised
 * and when it ends.
 */
export class WaybillAlarm extends Alarm {
  constructor(scope: Construct, id: string, props: WaybillAlarmProps) {
    const { context, section, webhook, severity, impact, topics, ...rest } = props;
    super(scope, id, {
      ...rest,
      alarmName: [`waybill-${context.environment}-${section}`, ...(webhook ? [webhook] : [])].join('-'),
      alarmDescription: `${severity.toUpperCase()}: ${impact} What to do: ${context.runbookUrl}#${section}`,
    });
    const told = new SnsAction(topics[severity]);
    this.addAlarmAction(told);
    this.addOkAction(told);
  }
}
