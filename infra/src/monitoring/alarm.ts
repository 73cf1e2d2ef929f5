import { Alarm, type AlarmProps } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Context } from '../context/context.ts';

/** What is the same for every alarm of a deployment. */
export type AlarmSetting = {
  readonly context: Pick<Context, 'environment' | 'runbookUrl'>;
  readonly topic: ITopic;
};

export type WaybillAlarmProps = Omit<AlarmProps, 'alarmName' | 'alarmDescription' | 'actionsEnabled'> &
  AlarmSetting & {
    /** The heading of its section in `infra/RUNBOOK.md`, in lower case with dashes: `scan-dlq-not-empty`. */
    readonly section: string;
    /** The name of the webhook that it is about, where each has such an alarm. */
    readonly webhook?: string;
    /** `critical`: data is at risk or does not move, act now; `warning`: look at it in working hours. */
    readonly severity: 'warning' | 'critical';
    /** What it means for the users of the data. No alarm can be made without it. */
    readonly impact: string;
  };

/** An alarm that says its impact, links its section of the runbook, and notifies the topic when it is raised and when it ends. */
export class WaybillAlarm extends Alarm {
  constructor(scope: Construct, id: string, props: WaybillAlarmProps) {
    const { context, section, webhook, severity, impact, topic, ...rest } = props;
    super(scope, id, {
      ...rest,
      alarmName: [`waybill-${context.environment}-${section}`, ...(webhook ? [webhook] : [])].join('-'),
      alarmDescription: `${severity.toUpperCase()}: ${impact} What to do: ${context.runbookUrl}#${section}`,
    });
    this.addAlarmAction(new SnsAction(topic));
    this.addOkAction(new SnsAction(topic));
  }
}
