import { physicalName, type TableDefinition } from '@waybill/shared/resources.ts';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { type AlarmSetting, WaybillAlarm } from '../monitoring/alarm.ts';

export type DataTableProps = AlarmSetting & {
  readonly definition: TableDefinition;
  readonly removalPolicy: RemovalPolicy;
  /** The table can be restored to any second of this many days: 35 at most (DynamoDB), for the same price. */
  readonly recoveryDays: number;
  /** The alarm about throttled requests: its section of the runbook and its impact. */
  readonly throttled: { readonly section: string; readonly impact: string };
};

/** A table of `resources.ts`, protected against deletion by mistake, with its alarm. */
export class DataTable extends Table {
  constructor(scope: Construct, id: string, props: DataTableProps) {
    const { context, topic, definition, removalPolicy, recoveryDays, throttled } = props;
    super(scope, id, {
      tableName: physicalName(context.environment, definition.name),
      partitionKey: {
        name: definition.key.name,
        type: definition.key.type === 'N' ? AttributeType.NUMBER : AttributeType.STRING,
      },
      ...(definition.ttl && { timeToLiveAttribute: definition.ttl }),
      billingMode: BillingMode.PAY_PER_REQUEST,
      // DynamoDB's own key costs nothing. With a key in KMS every write would depend on one more service and its grants.
      encryption: TableEncryption.DEFAULT,
      pointInTimeRecoverySpecification: {
        pointInTimeRecoveryEnabled: true,
        recoveryPeriodInDays: recoveryDays,
      },
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
      removalPolicy,
    });
    new WaybillAlarm(this, 'Throttled', {
      context,
      topic,
      ...throttled,
      severity: 'warning',
      metric: this.#throttleEvents(),
      threshold: 1,
      // Three minutes of five: the SDK retries a single throttled request, which does no harm.
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      // DynamoDB publishes these metrics only in minutes with throttled requests.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  /** Reads and writes together. They count every cause (partition, account, on-demand maximum), in either billing mode. */
  #throttleEvents(): MathExpression {
    const events = (metricName: string) =>
      new Metric({
        namespace: 'AWS/DynamoDB',
        metricName,
        dimensionsMap: { TableName: this.tableName },
        statistic: 'Sum',
      });
    return new MathExpression({
      // A minute with throttled writes only has no datapoint of reads, and a sum with a gap is a gap.
      expression: 'FILL(reads, 0) + FILL(writes, 0)',
      usingMetrics: { reads: events('ReadThrottleEvents'), writes: events('WriteThrottleEvents') },
      period: Duration.minutes(1),
      label: 'throttled reads and writes',
    });
  }
}
