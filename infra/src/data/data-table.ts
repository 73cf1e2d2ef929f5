import { physicalName, type TableDefinition } from '@waybill/shared/resources.ts';
import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';

export type DataTableProps = {
  readonly environment: string;
  readonly definition: TableDefinition;
  readonly removalPolicy: RemovalPolicy;
  /** Days that the table can be restored to any second of; 35 at most (DynamoDB quotas), at the same price. */
  readonly recoveryDays: number;
};

/** A table of `resources.ts` that no careless command loses. */
export class DataTable extends Table {
  constructor(scope: Construct, id: string, { environment, definition, removalPolicy, recoveryDays }: DataTableProps) {
    super(scope, id, {
      tableName: physicalName(environment, definition.name),
      partitionKey: {
        name: definition.key.name,
        type: definition.key.type === 'N' ? AttributeType.NUMBER : AttributeType.STRING,
      },
      ...(definition.ttl && { timeToLiveAttribute: definition.ttl }),
      billingMode: BillingMode.PAY_PER_REQUEST,
      // DynamoDB's own key costs nothing; a KMS key would make every table depend on one more service and its grants.
      encryption: TableEncryption.DEFAULT,
      pointInTimeRecoverySpecification: {
        pointInTimeRecoveryEnabled: true,
        recoveryPeriodInDays: recoveryDays,
      },
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
      removalPolicy,
    });
  }
}
