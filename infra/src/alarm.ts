import { Alarm, type AlarmProps } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

const runbook = 'https://github.com/waybill/waybill/blob/main/infra/RUNBOOK.md';

export type WaybillAlarmProps = Omit<AlarmProps, 'alarmName' | 'alarmDescription' | 'actionsEnabled'> & {
  readonly environment: string;
  /** The heading of its section in `infra/RUNBOOK.md`, in lower case with dashes: `scan-dlq-not-empty`. */
  readonly section: string;
  /** What it means for those who use the data, in a sentence: an alarm cannot be made without saying it. */
  readonly impact: string;
  readonly topic: ITopic;
};

/** An alarm that says its impact, links its section of the runbook, and tells the topic when it is raised and when it is over. */
export class WaybillAlarm extends Alarm {
  readonly section: string;

  constructor(scope: Construct, id: string, { environment, section, impact, topic, ...props }: WaybillAlarmProps) {
    super(scope, id, {
      ...props,
      alarmName: `waybill-${environment}-${section}`,
      alarmDescription: `${impact} What to do: ${runbook}#${section}`,
    });
    this.section = section;
    this.addAlarmAction(new SnsAction(topic));
    this.addOkAction(new SnsAction(topic));
  }
}
