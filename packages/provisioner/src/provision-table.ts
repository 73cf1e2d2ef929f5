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
import type { Drift, Finding } from './provision-finding.ts';

/** Milliseconds between two looks at a table that is being created, and how often to look: 30 s in all. */
const tableLook = { everyMs: 100, times: 300 };

const billingMode = 'PAY_PER_REQUEST';

/** Makes the table and waits until it can be used, or compares the one that is there. An engine without TTL gets it without. */
export async function provisionTable(
  dynamodb: DynamoDBClient,
  definition: TableDefinition,
  signal: AbortSignal,
): Promise<Finding> {
  const table = new Table(dynamodb, definition, signal);
  const state = await table.create();
  const description = await table.untilActive();
  const ttl = state === 'there' ? await table.compareExpiry() : await table.expire();
  return {
    kind: 'table',
    name: definition.name,
    isMade: state === 'made',
    drift: [...table.compare(description), ...ttl.drift],
    lacks: ttl.isUnknown ? ['TTL: what is expired stays'] : [],
  };
}

type Expiry = { readonly drift: readonly Drift[]; readonly isUnknown: boolean };
const asItShouldBe: Expiry = { drift: [], isUnknown: false };

class Table {
  readonly #dynamodb: DynamoDBClient;
  readonly #definition: TableDefinition;
  readonly #signal: AbortSignal;

  constructor(dynamodb: DynamoDBClient, definition: TableDefinition, signal: AbortSignal) {
    this.#dynamodb = dynamodb;
    this.#definition = definition;
    this.#signal = signal;
  }

  /** `coming`: somebody else is making it at this moment, and may not have come to its TTL. */
  async create(): Promise<'made' | 'coming' | 'there'> {
    const { name: TableName, key } = this.#definition;
    const before = await this.#describe();
    if (before) return before.TableStatus === 'CREATING' ? 'coming' : 'there';
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
      return 'made';
    } catch (cause) {
      if (cause instanceof ResourceInUseException) return 'coming';
      throw cause;
    }
  }

  async untilActive(): Promise<TableDescription> {
    for (let look = 0; look < tableLook.times; look++) {
      const table = await this.#describe();
      if (table?.TableStatus === 'ACTIVE') return table;
      await delay(tableLook.everyMs, undefined, { signal: this.#signal });
    }
    const seconds = (tableLook.everyMs * tableLook.times) / 1_000;
    throw new Error(`Table ${this.#definition.name} is not ACTIVE after ${seconds} s`);
  }

  compare(table: TableDescription): Drift[] {
    const { name: TableName, key } = this.#definition;
    const drift: Drift[] = [];
    const expectedKey = `${key.name} (${key.type})`;
    if (keyOf(table) !== expectedKey) drift.push({ setting: 'key', expected: expectedKey, found: keyOf(table) });
    const mode = billingModeOf(table);
    if (mode !== undefined && mode !== billingMode) {
      const mend = async () => {
        await this.#dynamodb.send(new UpdateTableCommand({ TableName, BillingMode: billingMode }), {
          abortSignal: this.#signal,
        });
        await this.untilActive();
      };
      drift.push({ setting: 'billing mode', expected: billingMode, found: mode, mend });
    }
    return drift;
  }

  /** Switches TTL on, where the table should have it. */
  async expire(): Promise<Expiry> {
    const { name, ttl } = this.#definition;
    if (!ttl) return asItShouldBe;
    return { drift: [], isUnknown: !(await this.#knowsExpiryOf(name, ttl)) };
  }

  async compareExpiry(): Promise<Expiry> {
    const { name: TableName, ttl: expected } = this.#definition;
    if (!expected) return asItShouldBe;
    const { TimeToLiveDescription: found } = await this.#dynamodb
      .send(new DescribeTimeToLiveCommand({ TableName }), { abortSignal: this.#signal })
      .catch((cause: unknown) => {
        if (isUnknownOperation(cause)) return { TimeToLiveDescription: undefined };
        throw cause;
      });
    const isOn = found?.TimeToLiveStatus?.startsWith('ENABL') === true;
    if (isOn && found?.AttributeName === expected) return asItShouldBe;
    // DynamoDB wants the old one off first, and up to an hour between the two.
    if (isOn) return { drift: [{ setting: 'TTL', expected, found: found?.AttributeName ?? 'none' }], isUnknown: false };
    // An engine that has no TTL says "disabled" as well. It is asked about a table that is not there, to change nothing.
    if (!(await this.#knowsExpiryOf(`${TableName}.not-there`, expected))) return { drift: [], isUnknown: true };
    const mend = async () => void (await this.#knowsExpiryOf(TableName, expected));
    return { drift: [{ setting: 'TTL', expected, found: 'none', mend }], isUnknown: false };
  }

  /** Switches TTL on, if there is such a table. Answers false where the engine has never heard of TTL. */
  async #knowsExpiryOf(TableName: string, AttributeName: string): Promise<boolean> {
    try {
      const TimeToLiveSpecification = { AttributeName, Enabled: true };
      await this.#dynamodb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }), {
        abortSignal: this.#signal,
      });
    } catch (cause) {
      if (isUnknownOperation(cause)) return false;
      const isNotThere = cause instanceof ResourceNotFoundException && TableName !== this.#definition.name;
      // Switching on what is on already is an error.
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
      // DynamoDB shows a new table with delay.
      if (cause instanceof ResourceNotFoundException) return undefined;
      throw cause;
    }
  }
}

function keyOf({ AttributeDefinitions, KeySchema }: TableDescription): string {
  const types = new Map(AttributeDefinitions?.map((each) => [each.AttributeName, each.AttributeType]));
  return (KeySchema ?? []).map(({ AttributeName }) => `${AttributeName} (${types.get(AttributeName)})`).join(', ');
}

/** A table that never was on demand has no summary, on AWS. */
function billingModeOf({ BillingModeSummary, ProvisionedThroughput }: TableDescription): string | undefined {
  const isProvisioned = (ProvisionedThroughput?.ReadCapacityUnits ?? 0) > 0;
  return BillingModeSummary?.BillingMode ?? (isProvisioned ? 'PROVISIONED' : undefined);
}

function isUnknownOperation(cause: unknown): boolean {
  return cause instanceof DynamoDBServiceException && cause.name === 'UnknownOperationException';
}
