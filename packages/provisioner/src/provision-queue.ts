import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type QueueAttributeName,
  QueueDoesNotExist,
  SetQueueAttributesCommand,
  type SQSClient,
  SQSServiceException,
} from '@aws-sdk/client-sqs';
import type { Drift, ProvisionResult } from './provision-result.ts';

/** The settings of a queue; others are left as they are. */
export type QueueSettings = {
  readonly name: string;
  readonly attributes: Readonly<Partial<Record<QueueAttributeName, string>>>;
  readonly redrive?: { readonly deadLetterTargetArn: string; readonly maxReceiveCount: number };
};

export type ProvisionedQueue = { readonly url: string; readonly arn: string; readonly result: ProvisionResult };

/** Creates the queue, or compares an existing one. */
export async function provisionQueue(
  sqs: SQSClient,
  settings: QueueSettings,
  abortSignal: AbortSignal,
): Promise<ProvisionedQueue> {
  const { name } = settings;
  const urlBefore = await urlOf(sqs, name, abortSignal);
  const url = urlBefore ?? (await create(sqs, settings, abortSignal));
  const { Attributes: found = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
    { abortSignal },
  );
  const fix = async (Attributes: Record<string, string>) => {
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes }), { abortSignal });
  };
  return {
    url,
    arn: required(found.QueueArn, `GetQueueAttributes of ${name} returned no QueueArn`),
    result: {
      kind: 'queue',
      name,
      isCreated: urlBefore === undefined,
      drift: [...attributeDrift(settings, found, fix), ...redriveDrift(settings, found.RedrivePolicy, fix)],
      lacks: [],
    },
  };
}

type Found = Readonly<Partial<Record<string, string>>>;
type Fix = (attributes: Record<string, string>) => Promise<void>;

/** Engines report fewer attributes than AWS: a missing one does not count as drift. */
function attributeDrift({ attributes }: QueueSettings, found: Found, fix: Fix): Drift[] {
  return Object.entries(attributes).flatMap(([setting, expected]) => {
    const value = found[setting];
    if (value === undefined || value === expected) return [];
    return [{ setting, expected, found: value, fix: () => fix({ [setting]: expected }) }];
  });
}

/** Every engine reports a redrive policy. Without one, a failing message would be received for ever. */
function redriveDrift({ redrive }: QueueSettings, found: string | undefined, fix: Fix): Drift[] {
  if (!redrive) return [];
  const policy: unknown = JSON.parse(found || '{}');
  // The count is a number on some engines and text on others.
  const values = new Map(Object.entries(policy ?? {}).map(([key, value]) => [key, String(value)]));
  return Object.entries(redrive).flatMap(([key, value]) => {
    const expected = String(value);
    if (values.get(key) === expected) return [];
    const fixPolicy = () => fix({ RedrivePolicy: JSON.stringify(redrive) });
    return [{ setting: `RedrivePolicy.${key}`, expected, found: values.get(key) ?? 'none', fix: fixPolicy }];
  });
}

async function urlOf(sqs: SQSClient, QueueName: string, abortSignal: AbortSignal): Promise<string | undefined> {
  try {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }), { abortSignal });
    return QueueUrl;
  } catch (cause) {
    if (isError(cause, QueueDoesNotExist, /NonExistentQueue|QueueDoesNotExist/)) return undefined;
    throw cause;
  }
}

async function create(
  sqs: SQSClient,
  { name: QueueName, attributes, redrive }: QueueSettings,
  abortSignal: AbortSignal,
): Promise<string> {
  const Attributes = { ...attributes, ...(redrive && { RedrivePolicy: JSON.stringify(redrive) }) };
  try {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }), { abortSignal });
    return required(QueueUrl, `CreateQueue ${QueueName} returned no QueueUrl`);
  } catch (cause) {
    // Someone else has created it since, with other settings: then it is compared.
    const url = isError(cause, undefined, /QueueNameExists|QueueAlreadyExists/)
      ? await urlOf(sqs, QueueName, abortSignal)
      : undefined;
    if (url === undefined) throw cause;
    return url;
  }
}

/** Not by class alone: the query-compatible code that AWS and engines send replaces the error's name. */
function isError(cause: unknown, type: (new (...args: never[]) => unknown) | undefined, names: RegExp): boolean {
  if (type && cause instanceof type) return true;
  return cause instanceof SQSServiceException && names.test(cause.name);
}

function required<T>(value: T | undefined, otherwise: string): T {
  if (value === undefined) throw new Error(otherwise);
  return value;
}
