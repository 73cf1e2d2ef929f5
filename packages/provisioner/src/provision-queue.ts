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
import type { Drift, Finding } from './provision-finding.ts';

/** A queue as it should be; what is not named here is left to whoever set it. */
export type QueueSettings = {
  readonly name: string;
  readonly attributes: Readonly<Partial<Record<QueueAttributeName, string>>>;
  readonly redrive?: { readonly deadLetterTargetArn: string; readonly maxReceiveCount: number };
};

export type ProvisionedQueue = { readonly url: string; readonly arn: string; readonly finding: Finding };

/** Makes the queue, or compares the one that is there. */
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
  const mend = async (Attributes: Record<string, string>) => {
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes }), { abortSignal });
  };
  return {
    url,
    arn: given(found.QueueArn, `GetQueueAttributes of ${name} answered no QueueArn`),
    finding: {
      kind: 'queue',
      name,
      isMade: urlBefore === undefined,
      drift: [...attributeDrift(settings, found, mend), ...redriveDrift(settings, found.RedrivePolicy, mend)],
      lacks: [],
    },
  };
}

type Found = Readonly<Partial<Record<string, string>>>;
type Mend = (attributes: Record<string, string>) => Promise<void>;

/** Engines report fewer attributes than AWS: one that is absent says nothing. */
function attributeDrift({ attributes }: QueueSettings, found: Found, mend: Mend): Drift[] {
  return Object.entries(attributes).flatMap(([setting, expected]) => {
    const value = found[setting];
    if (value === undefined || value === expected) return [];
    return [{ setting, expected, found: value, mend: () => mend({ [setting]: expected }) }];
  });
}

/** Every engine reports a redrive policy that is set; without one, what fails would come again for ever. */
function redriveDrift({ redrive }: QueueSettings, found: string | undefined, mend: Mend): Drift[] {
  if (!redrive) return [];
  const policy: unknown = JSON.parse(found || '{}');
  // Engines differ in whether the count is a number or text.
  const values = new Map(Object.entries(policy ?? {}).map(([key, value]) => [key, String(value)]));
  return Object.entries(redrive).flatMap(([key, value]) => {
    const expected = String(value);
    if (values.get(key) === expected) return [];
    const mendPolicy = () => mend({ RedrivePolicy: JSON.stringify(redrive) });
    return [{ setting: `RedrivePolicy.${key}`, expected, found: values.get(key) ?? 'none', mend: mendPolicy }];
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
    return given(QueueUrl, `CreateQueue ${QueueName} answered no QueueUrl`);
  } catch (cause) {
    // Somebody else made it since, with other settings: it is compared then.
    const url = isError(cause, undefined, /QueueNameExists|QueueAlreadyExists/)
      ? await urlOf(sqs, QueueName, abortSignal)
      : undefined;
    if (url === undefined) throw cause;
    return url;
  }
}

/** Not by class alone: the query-compatible code that AWS and engines send along replaces the error's name. */
function isError(cause: unknown, type: (new (...args: never[]) => unknown) | undefined, names: RegExp): boolean {
  if (type && cause instanceof type) return true;
  return cause instanceof SQSServiceException && names.test(cause.name);
}

function given<T>(value: T | undefined, otherwise: string): T {
  if (value === undefined) throw new Error(otherwise);
  return value;
}
