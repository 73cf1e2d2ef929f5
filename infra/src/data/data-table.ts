import type { Publishing } from '@waybill/shared/alarms/metric-alarm.ts';
import { type ThrottledTable, throttlingAlarm } from '@waybill/shared/alarms/throttling-alarm.ts';
import {
  type IndexDefinition,
  indexesOf,
  type KeyAttribute,
  type KeyDefinition,
  physicalName,
  type TableDefinition,
} from '@waybill/shared/resources.ts';
import { RemovalPolicy } from 'aws-cdk-lib';
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
import type { AlarmSetting } from '../monitoring/alarm.ts';
import { addMetricAlarm } from '../monitoring/metric-alarm.ts';
import { initialCapacity, scaleCapacity, type TableCapacity } from './provisioned-capacity.ts';

export type DataTableProps = AlarmSetting & {
  readonly context: Pick<Context, 'openIndex'>;
  readonly definition: TableDefinition;
  /** Whether the table has a stream of its changes, with the items before and after each. */
  readonly stream?: boolean;
  /** The units of a table that is paid by the hour. Without them it is paid by request. */
  readonly capacity?: TableCapacity | undefined;
  readonly removalPolicy: RemovalPolicy;
  /** The table can be restored to any second of this many days: 35 at most (DynamoDB), for the same price. 0: it cannot, and deleting it is no harm. */
  readonly recoveryDays: number;
  /** The alarm about throttled requests, as the processes count them that use the table. None where no process does. */
  readonly throttled?: {
    readonly table: ThrottledTable;
    readonly publishing: Publishing;
    /** The webhook whose notifiers count. */
    readonly webhook?: string;
  };
};

/** A table of `resources.ts` with its indexes, protected against deletion by mistake where what it holds would be missed, with its alarm. */
export class DataTable extends Table {
  constructor(scope: Construct, id: string, props: DataTableProps) {
    const { context, topics, definition, stream = false, capacity, removalPolicy, recoveryDays, throttled } = props;
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
      ...(recoveryDays > 0 && {
        pointInTimeRecoverySpecification: {
          pointInTimeRecoveryEnabled: true,
          recoveryPeriodInDays: recoveryDays,
        },
      }),
      deletionProtection: recoveryDays > 0 && removalPolicy !== RemovalPolicy.DESTROY,
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
    const { publishing, webhook } = throttled;
    const alarm = throttlingAlarm(throttled.table, {
      ...publishing,
      scales: capacity !== undefined,
      ...(webhook !== undefined && { webhook }),
    });
    addMetricAlarm(this, 'Throttled', `${throttled.table}-throttled`, alarm, {
      context,
      topics,
      ...(webhook !== undefined && { webhook }),
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
