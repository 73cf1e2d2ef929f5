import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  DynamoDBServiceException,
  ResourceInUseException,
  ResourceNotFoundException,
  type TableDescription,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import type { TableDefinition } from '@waybill/shared/resources.ts';
import type { Drift, ProvisionResult } from './provision-result.ts';

/** Milliseconds between two polls of a table that is being created, and how many: 30 s in all. */
const tablePoll = { everyMs: 100, times: 300 };

const billingMode = 'PAY_PER_REQUEST';

/**
 * Creates the table and waits until it is active, or compares an existing one. On an engine without TTL it has none.
 */
export async function provisionTable(
  dynamodb: DynamoDBClient,
  definition: TableDefinition,
  signal: AbortSignal,
): Promise<ProvisionResult> {
  const table = new Table(dynamodb, definition, signal);
  const state = await table.create();
  const description = await table.untilActive();
  const ttl = state === 'existing' ? await table.compareTtl() : await table.enableTtl();
  return {
    kind: 'table',
    name: definition.name,
    isCreated: state === 'created',
    drift: [...table.compare(description), ...ttl.drift],
    lacks: ttl.isUnsupported ? ['TTL: expired items stay'] : [],
  };
}

type TtlResult = { readonly drift: readonly Drift[]; readonly isUnsupported: boolean };
const asExpected: TtlResult = { drift: [], isUnsupported: false };

class Table {
  readonly #dynamodb: DynamoDBClient;
  readonly #definition: TableDefinition;
  readonly #signal: AbortSignal;

  constructor(dynamodb: DynamoDBClient, definition: TableDefinition, signal: AbortSignal) {
    this.#dynamodb = dynamodb;
    this.#definition = definition;
    this.#signal = signal;
  }

  /** `creating`: someone else is creating the table at this moment, and may not have enabled its TTL yet. */
  async create(): Promise<'created' | 'creating' | 'existing'> {
    const { name: TableName, key } = this.#definition;
    const before = await this.#describe();
    if (before) return before.TableStatus === 'CREATING' ? 'creating' : 'existing';
    try {
      await this.#dynamodb.send(
        new CreateTableCommand({
          TableName,
          BillingMode: billingMode,
          AttributeDefinitions: [{ AttributeName: key.name, AttributeType: key.type }],
          KeySchema: [{ AttributeName: key.name, KeyType: 'HASH' }],
        }),
        { abortSignal: this.#signal },
      );
      return 'created';
    } catch (cause) {
      if (cause instanceof ResourceInUseException) return 'creating';
      throw cause;
    }
  }

  async untilActive(): Promise<TableDescription> {
    for (let poll = 0; poll < tablePoll.times; poll++) {
      const table = await this.#describe();
      if (table?.TableStatus === 'ACTIVE') return table;
      await delay(tablePoll.everyMs, undefined, { signal: this.#signal });
    }
    const seconds = (tablePoll.everyMs * tablePoll.times) / 1_000;
    throw new Error(`Table ${this.#definition.name} is not ACTIVE after ${seconds} s`);
  }

  compare(table: TableDescription): Drift[] {
    const { name: TableName, key } = this.#definition;
    const drift: Drift[] = [];
    const expectedKey = `${key.name} (${key.type})`;
    if (keyOf(table) !== expectedKey) drift.push({ setting: 'key', expected: expectedKey, found: keyOf(table) });
    const mode = billingModeOf(table);
    if (mode !== undefined && mode !== billingMode) {
      const fix = async () => {
        await this.#dynamodb.send(new UpdateTableCommand({ TableName, BillingMode: billingMode }), {
          abortSignal: this.#signal,
        });
        await this.untilActive();
      };
      drift.push({ setting: 'billing mode', expected: billingMode, found: mode, fix });
    }
    return drift;
  }

  /** Enables TTL if the table should have it. */
  async enableTtl(): Promise<TtlResult> {
    const { name, ttl } = this.#definition;
    if (!ttl) return asExpected;
    return { drift: [], isUnsupported: !(await this.#enableTtlOn(name, ttl)) };
  }

  async compareTtl(): Promise<TtlResult> {
    const { name: TableName, ttl: expected } = this.#definition;
    if (!expected) return asExpected;
    const { TimeToLiveDescription: found } = await this.#dynamodb
      .send(new DescribeTimeToLiveCommand({ TableName }), { abortSignal: this.#signal })
      .catch((cause: unknown) => {
        if (isUnknownOperation(cause)) return { TimeToLiveDescription: undefined };
        throw cause;
      });
    const isOn = found?.TimeToLiveStatus?.startsWith('ENABL') === true;
    if (isOn && found?.AttributeName === expected) return asExpected;
    // DynamoDB wants the old one off first, and up to an hour between the two.
    if (isOn)
      return { drift: [{ setting: 'TTL', expected, found: found?.AttributeName ?? 'none' }], isUnsupported: false };
    // An engine without TTL reports "disabled", too. Enabling it on a table that does not exist tells, and changes
    // nothing.
    if (!(await this.#enableTtlOn(`${TableName}.not-there`, expected))) return { drift: [], isUnsupported: true };
    const fix = async () => void (await this.#enableTtlOn(TableName, expected));
    return { drift: [{ setting: 'TTL', expected, found: 'none', fix }], isUnsupported: false };
  }

  /** Enables TTL if the table exists. Returns false if the engine does not know TTL. */
  async #enableTtlOn(TableName: string, AttributeName: string): Promise<boolean> {
    try {
      const TimeToLiveSpecification = { AttributeName, Enabled: true };
      await this.#dynamodb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }), {
        abortSignal: this.#signal,
      });
    } catch (cause) {
      if (isUnknownOperation(cause)) return false;
      const isNotThere = cause instanceof ResourceNotFoundException && TableName !== this.#definition.name;
      // Enabling it twice is an error.
      const isOn = cause instanceof DynamoDBServiceException && /already enabled/i.test(cause.message);
      if (!isNotThere && !isOn) throw cause;
    }
    return true;
  }

  async #describe(): Promise<TableDescription | undefined> {
    try {
      const { Table: table } = await this.#dynamodb.send(
        new DescribeTableCommand({ TableName: this.#definition.name }),
        { abortSignal: this.#signal },
      );
      return table;
    } catch (cause) {
      // DynamoDB shows a new table with a delay.
      if (cause instanceof ResourceNotFoundException) return undefined;
      throw cause;
    }
  }
}

function keyOf({ AttributeDefinitions, KeySchema }: TableDescription): string {
  const types = new Map(AttributeDefinitions?.map((each) => [each.AttributeName, each.AttributeType]));
  return (KeySchema ?? []).map(({ AttributeName }) => `${AttributeName} (${types.get(AttributeName)})`).join(', ');
}

/** On AWS, a table that was never on demand has no summary. */
function billingModeOf({ BillingModeSummary, ProvisionedThroughput }: TableDescription): string | undefined {
  const isProvisioned = (ProvisionedThroughput?.ReadCapacityUnits ?? 0) > 0;
  return BillingModeSummary?.BillingMode ?? (isProvisioned ? 'PROVISIONED' : undefined);
}

function isUnknownOperation(cause: unknown): boolean {
  return cause instanceof DynamoDBServiceException && cause.name === 'UnknownOperationException';
}
