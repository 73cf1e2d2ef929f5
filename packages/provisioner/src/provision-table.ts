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
import {
  type IndexDefinition,
  type IndexSettings,
  indexesOf,
  type TableDefinition,
} from '@waybill/shared/resources.ts';
import { definedKey, findIndex, foundKey } from '@waybill/shared/table-description.ts';
import { attributeTypes, compareIndexes, indexToCreate, keySchema } from './provision-indexes.ts';
import type { Drift, ProvisionResult } from './provision-result.ts';

/** Milliseconds between two polls of a table that is being created, and how many: 30 s in all. */
const tablePoll = { everyMs: 100, times: 300 };

/** As {@link tablePoll}, of a TTL that is not enabled: 3 s in all, which a crowded machine may take between two calls. */
const ttlPoll = { everyMs: 100, times: 30 };

const billingMode = 'PAY_PER_REQUEST';

/**
 * Creates the table with the indexes that `settings` ask for, and waits until it is active, or compares an existing one. On
 * an engine without TTL it has none.
 */
export async function provisionTable(
  dynamodb: DynamoDBClient,
  definition: TableDefinition,
  settings: IndexSettings,
  signal: AbortSignal,
): Promise<ProvisionResult> {
  const table = new Table(dynamodb, definition, settings, signal);
  const state = await table.create();
  const description = state === 'existing' ? await table.untilUsable() : await table.untilActive();
  const result = { kind: 'table', name: definition.name, isCreated: state === 'created' } as const;
  const keyDrift = table.compareKey(description);
  // A table with another key is somebody else's: nothing more is asked of it, or added to it.
  if (keyDrift) return { ...result, drift: [keyDrift], lacks: [] };
  const ttl = state === 'existing' ? await table.compareTtl() : await table.enableTtl();
  return {
    ...result,
    drift: [...table.compareBilling(description), ...ttl.drift, ...(await table.compareIndexes(description))],
    lacks: ttl.isUnsupported ? ['TTL: expired items stay'] : [],
  };
}

type TtlResult = { readonly drift: readonly Drift[]; readonly isUnsupported: boolean };
const asExpected: TtlResult = { drift: [], isUnsupported: false };

class Table {
  readonly #dynamodb: DynamoDBClient;
  readonly #definition: TableDefinition;
  readonly #wanted: readonly IndexDefinition[];
  readonly #signal: AbortSignal;

  constructor(dynamodb: DynamoDBClient, definition: TableDefinition, settings: IndexSettings, signal: AbortSignal) {
    this.#dynamodb = dynamodb;
    this.#definition = definition;
    this.#wanted = indexesOf(definition, settings);
    this.#signal = signal;
  }

  /** `creating`: someone else is creating the table at this moment, and may not have enabled its TTL yet. */
  async create(): Promise<'created' | 'creating' | 'existing'> {
    const { name: TableName } = this.#definition;
    const before = await this.#describe();
    if (before) return before.TableStatus === 'CREATING' ? 'creating' : 'existing';
    try {
      await this.#dynamodb.send(
        new CreateTableCommand({
          TableName,
          BillingMode: billingMode,
          AttributeDefinitions: attributeTypes([this.#definition, ...this.#wanted]),
          KeySchema: keySchema(this.#definition),
          ...(this.#wanted.length > 0 && { GlobalSecondaryIndexes: this.#wanted.map(indexToCreate) }),
        }),
        { abortSignal: this.#signal },
      );
      return 'created';
    } catch (cause) {
      if (cause instanceof ResourceInUseException) return 'creating';
      throw cause;
    }
  }

  /** Waits until the table and its indexes are made. */
  untilActive(): Promise<TableDescription> {
    const isBeingMade = (table: TableDescription) =>
      this.#wanted.some((index) => findIndex(table, index).state === 'being created');
    return this.#until((table) => table.TableStatus === 'ACTIVE' && !isBeingMade(table));
  }

  /** Waits until an existing table can be compared: not until an index that somebody has added is filled. */
  untilUsable(): Promise<TableDescription> {
    return this.#until(({ TableStatus }) => TableStatus === 'ACTIVE' || TableStatus === 'UPDATING');
  }

  async #until(isReached: (table: TableDescription) => boolean): Promise<TableDescription> {
    for (let poll = 0; poll < tablePoll.times; poll++) {
      const table = await this.#describe();
      if (table && isReached(table)) return table;
      await delay(tablePoll.everyMs, undefined, { signal: this.#signal });
    }
    const seconds = (tablePoll.everyMs * tablePoll.times) / 1_000;
    throw new Error(`Table ${this.#definition.name} is not ACTIVE after ${seconds} s`);
  }

  compareIndexes(table: TableDescription): Promise<Drift[]> {
    return compareIndexes(
      {
        dynamodb: this.#dynamodb,
        tableName: this.#definition.name,
        tableKey: this.#definition,
        wanted: this.#wanted,
        known: this.#definition.indexes ?? [],
        signal: this.#signal,
      },
      table,
    );
  }

  compareKey(table: TableDescription): Drift | undefined {
    const [expected, found] = [definedKey(this.#definition), foundKey(table)];
    return found === expected ? undefined : { setting: 'key', expected, found };
  }

  compareBilling(table: TableDescription): Drift[] {
    const mode = billingModeOf(table);
    if (mode === undefined || mode === billingMode) return [];
    const fix = async () => {
      await this.#dynamodb.send(
        new UpdateTableCommand({ TableName: this.#definition.name, BillingMode: billingMode }),
        { abortSignal: this.#signal },
      );
      await this.untilActive();
    };
    return [{ setting: 'billing mode', expected: billingMode, found: mode, fix }];
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
    let found = await this.#ttlFound();
    if (found === expected) return asExpected;
    // DynamoDB wants the old one off first, and up to an hour between the two.
    if (found !== undefined) return { drift: [{ setting: 'TTL', expected, found }], isUnsupported: false };
    // An engine without TTL reports "disabled", too. Enabling it on a table that does not exist tells, and changes
    // nothing.
    if (!(await this.#enableTtlOn(`${TableName}.not-there`, expected))) return { drift: [], isUnsupported: true };
    // Whoever created the table a moment ago enables its TTL once it is active.
    for (let poll = 0; poll < ttlPoll.times && found === undefined; poll++) {
      await delay(ttlPoll.everyMs, undefined, { signal: this.#signal });
      found = await this.#ttlFound();
    }
    if (found === expected) return asExpected;
    const fix = async () => void (await this.#enableTtlOn(TableName, expected));
    return { drift: [{ setting: 'TTL', expected, found: found ?? 'none', fix }], isUnsupported: false };
  }

  /** The attribute by which items expire; undefined where they do not. */
  async #ttlFound(): Promise<string | undefined> {
    const request = new DescribeTimeToLiveCommand({ TableName: this.#definition.name });
    const { TimeToLiveDescription: found } = await this.#dynamodb
      .send(request, { abortSignal: this.#signal })
      .catch((cause: unknown) => {
        if (isUnknownOperation(cause)) return { TimeToLiveDescription: undefined };
        throw cause;
      });
    return found?.TimeToLiveStatus?.startsWith('ENABL') ? (found.AttributeName ?? '') : undefined;
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

/** On AWS, a table that was never on demand has no summary. */
function billingModeOf({ BillingModeSummary, ProvisionedThroughput }: TableDescription): string | undefined {
  const isProvisioned = (ProvisionedThroughput?.ReadCapacityUnits ?? 0) > 0;
  return BillingModeSummary?.BillingMode ?? (isProvisioned ? 'PROVISIONED' : undefined);
}

function isUnknownOperation(cause: unknown): boolean {
  return cause instanceof DynamoDBServiceException && cause.name === 'UnknownOperationException';
}
