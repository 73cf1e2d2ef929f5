import { physicalName, type TableDefinition } from '@waybill/shared/resources.ts';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { type AlarmSetting, WaybillAlarm } from '../monitoring/alarm.ts';

export type DataTableProps = AlarmSetting & {
  readonly definition: TableDefinition;
  readonly removalPolicy: RemovalPolicy;
  /** Days that the table can be restored to any second of: at most 35 (DynamoDB), for the same price. */
  readonly recoveryDays: number;
  /** The alarm about throttled requests: its section of the runbook and what they mean. */
  readonly throttled: { readonly section: string; readonly impact: string };
};

/** A table of `resources.ts` that no careless command loses, with its alarm. */
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
      // DynamoDB's own key costs nothing; with a key in KMS every write would depend on one more service and its grants.
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
      // A single throttled request is repeated by the SDK and harms nobody: three minutes of five.
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      // DynamoDB publishes these metrics only in minutes with throttled requests.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  /** Reads and writes together: every cause (partition, account, on-demand maximum) counts here, in tables of either billing mode. */
  #throttleEvents(): MathExpression {
    const events = (metricName: string) =>
      new Metric({
        namespace: 'AWS/DynamoDB',
        metricName,
        dimensionsMap: { TableName: this.tableName },
        statistic: 'Sum',
      });
    return new MathExpression({
      // A minute with throttled writes alone has no datum of reads, and a sum with nothing is nothing.
      expression: 'FILL(reads, 0) + FILL(writes, 0)',
      usingMetrics: { reads: events('ReadThrottleEvents'), writes: events('WriteThrottleEvents') },
      period: Duration.minutes(1),
      label: 'throttled reads and writes',
    });
  }
}
