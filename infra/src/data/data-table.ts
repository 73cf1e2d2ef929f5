import {
  type IndexDefinition,
  indexesOf,
  type KeyAttribute,
  type KeyDefinition,
  physicalName,
  type TableDefinition,
} from '@waybill/shared/resources.ts';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import {
  type Attribute,
  AttributeType,
  BillingMode,
  CfnTable,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import type { Context } from '../context/context.ts';
import { type AlarmSetting, WaybillAlarm } from '../monitoring/alarm.ts';
import { initialCapacity, scaleCapacity, type TableCapacity } from './provisioned-capacity.ts';

export type DataTableProps = AlarmSetting & {
  readonly context: Pick<Context, 'openIndex'>;
  readonly definition: TableDefinition;
  /** Whether the table has a stream of its changes, with the items before and after each. */
  readonly stream?: boolean;
  /** The units of a table that is paid by the hour. Without them it is paid by request. */
  readonly capacity?: TableCapacity | undefined;
  readonly removalPolicy: RemovalPolicy;
  /** The table can be restored to any second of this many days: 35 at most (DynamoDB), for the same price. */
  readonly recoveryDays: number;
  /** The alarm about throttled requests: its section of the runbook and its impact. None for a table that nothing writes. */
  readonly throttled?: { readonly section: string; readonly webhook?: string; readonly impact: string };
};

/** Three minutes of five: the SDK retries a single throttled request, which does no harm. */
const throttledForMinutes = { evaluationPeriods: 5, datapointsToAlarm: 3 };

/** Provisioned units grow within minutes, by two fifths at a time. Somebody has to look when that was not enough for most of an hour. */
const throttledWhileScaling = { evaluationPeriods: 60, datapointsToAlarm: 45 };

/** A table of `resources.ts` with its indexes, protected against deletion by mistake, with its alarm. */
export class DataTable extends Table {
  constructor(scope: Construct, id: string, props: DataTableProps) {
    const { context, topic, definition, stream = false, capacity, removalPolicy, recoveryDays, throttled } = props;
    super(scope, id, {
      tableName: physicalName(context.environment, definition.name),
      ...keyOf(definition),
      ...(definition.ttl && { timeToLiveAttribute: definition.ttl }),
      ...(stream && { stream: StreamViewType.NEW_AND_OLD_IMAGES }),
      ...(capacity
        ? { billingMode: BillingMode.PROVISIONED, ...initialCapacity(capacity) }
        : { billingMode: BillingMode.PAY_PER_REQUEST }),
      // DynamoDB's own key costs nothing. With a key in KMS every write would depend on one more service and its grants.
      encryption: TableEncryption.DEFAULT,
      pointInTimeRecoverySpecification: {
        pointInTimeRecoveryEnabled: true,
        recoveryPeriodInDays: recoveryDays,
      },
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
      removalPolicy,
    });
    const indexes = indexesOf(definition, context);
    for (const index of indexes)
      this.addGlobalSecondaryIndex({
        indexName: index.name,
        ...keyOf(index),
        ...projectionOf(index),
        ...(capacity && initialCapacity(capacity.index)),
      });
    if (capacity) {
      // The CDK leaves the mode out, as CloudFormation's default. A table that was on demand is to be told.
      const { defaultChild } = this.node;
      if (defaultChild instanceof CfnTable) defaultChild.billingMode = BillingMode.PROVISIONED;
      const names = indexes.map(({ name }) => name);
      scaleCapacity(this, capacity, names);
    }
    if (!throttled) return;
    new WaybillAlarm(this, 'Throttled', {
      context,
      topic,
      ...throttled,
      severity: 'warning',
      metric: this.#throttleEvents(indexes),
      threshold: 1,
      ...(capacity ? throttledWhileScaling : throttledForMinutes),
      // DynamoDB publishes these metrics only in minutes with throttled requests.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  /**
   * Reads and writes together. They count every cause (partition, account, on-demand maximum), in either billing mode. The
   * table's own metrics leave out what its indexes throttle, and such a write to the table is refused, too.
   */
  #throttleEvents(indexes: readonly IndexDefinition[]): MathExpression {
    const events = (metricName: string, dimensions: Readonly<Record<string, string>> = {}) =>
      new Metric({
        namespace: 'AWS/DynamoDB',
        metricName,
        dimensionsMap: { TableName: this.tableName, ...dimensions },
        statistic: 'Sum',
      });
    const usingMetrics: Record<string, Metric> = {
      reads: events('ReadThrottleEvents'),
      writes: events('WriteThrottleEvents'),
    };
    for (const [at, { name }] of indexes.entries())
      usingMetrics[`indexWrites${at + 1}`] = events('WriteThrottleEvents', { GlobalSecondaryIndexName: name });
    return new MathExpression({
      // A minute with throttled writes only has no datapoint of reads, and a sum with a gap is a gap.
      expression: Object.keys(usingMetrics)
        .map((id) => `FILL(${id}, 0)`)
        .join(' + '),
      usingMetrics,
      period: Duration.minutes(1),
      label: 'throttled reads and writes',
    });
  }
}

function keyOf({ key, sortKey }: KeyDefinition): { partitionKey: Attribute; sortKey?: Attribute } {
  return { partitionKey: attributeOf(key), ...(sortKey && { sortKey: attributeOf(sortKey) }) };
}

function attributeOf({ name, type }: KeyAttribute): Attribute {
  return { name, type: type === 'N' ? AttributeType.NUMBER : AttributeType.STRING };
}

function projectionOf({ projection }: IndexDefinition) {
  if (typeof projection === 'string') return { projectionType: ProjectionType[projection] };
  return { projectionType: ProjectionType.INCLUDE, nonKeyAttributes: [...projection.include] };
}
