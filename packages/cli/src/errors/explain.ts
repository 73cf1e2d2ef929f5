import { describeError, hasCode, isServiceError, WaybillError } from '@waybill/shared/error.ts';
import { shownUrl } from '@waybill/shared/shown-url.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import type { Environment } from '../io.ts';
import type { Choices } from '../tools/choices.ts';
import { variables } from '../tools/names.ts';
import { type Call, failedCall } from '../tools/watch-calls.ts';
import { policiesFor } from './policies.ts';

export type Explained = { readonly lines: readonly string[]; readonly exitCode: ExitCode };

export type Where = { readonly env: Environment; readonly choices: Pick<Choices, 'environment' | 'stack'> };

/** What happened, and what to try next; exit code 1 unless another is given. */
type Words = { readonly what: string; readonly next?: string | undefined; readonly exitCode?: ExitCode };

/** What an error says to an operator: what happened, to what, and the command to try next. */
export function explain(error: unknown, where: Where): Explained {
  const { what, next, exitCode = exitCodes.failed } = wordsFor(error, where);
  return { lines: [`waybill: ${what}`, ...(next === undefined ? [] : [`  Try: ${next}`])], exitCode };
}

function wordsFor(error: unknown, where: Where): Words {
  if (error instanceof WaybillError && error.code === 'OPERATION_REFUSED') {
    const because = error.cause === undefined ? undefined : wordsFor(error.cause, where);
    const what = because ? `${error.message}: ${because.what}` : error.message;
    return { what, next: nextOf(error) ?? because?.next, exitCode: exitCodes.refused };
  }
  const call = failedCall(error);
  const root = call === undefined ? error : rootOf(error);
  return (call && wordsForCall(root, call, where)) ?? wordsForOwn(error);
}

function wordsForOwn(error: unknown): Words {
  if (!(error instanceof WaybillError)) return { what: describeError(error) };
  const isUsage = hasCode(error, 'CONFIG_INVALID') || hasCode(error, 'NOT_CONFIGURED');
  return { what: error.message, next: nextOf(error), ...(isUsage && { exitCode: exitCodes.usage }) };
}

function nextOf({ details: { next } }: WaybillError): string | undefined {
  return typeof next === 'string' ? next : undefined;
}

/** The error that the call itself was rejected with. */
function rootOf(error: unknown): unknown {
  if (isServiceError(error) || !(error instanceof Error) || error.cause === undefined) return error;
  return failedCall(error.cause) ? rootOf(error.cause) : error;
}

const isMissing = /^(ResourceNotFoundException|(AWS\.SimpleQueueService\.)?(QueueDoesNotExist|NonExistentQueue))$/;
const isDenied = /^(AccessDenied|AccessDeniedException|AuthorizationError|NotAuthorized)$/;
const isExpired = /^(ExpiredToken|ExpiredTokenException|RequestExpired)$/;
const isUnknownIdentity =
  /^(UnrecognizedClientException|InvalidClientTokenId|InvalidSignatureException|SignatureDoesNotMatch|IncompleteSignature(Exception)?|MissingAuthenticationToken(Exception)?|InvalidAccessKeyId|InvalidSecurity|AuthFailure)$/;
const isThrottled = /Throttl|ProvisionedThroughputExceeded|RequestLimitExceeded|TooManyRequests/;

function wordsForCall(error: unknown, call: Call, where: Where): Words | undefined {
  const place = placeOf(call, where.env);
  if (hasCode(error, 'CREDENTIALS_UNAVAILABLE')) {
    return {
      what: `no AWS credentials for ${place.shown}: ${error.message}`,
      next: 'aws sso login, or export AWS_PROFILE=…',
    };
  }
  if (error instanceof Error && /^Region is missing/.test(error.message)) {
    const what = `no AWS region is set, so ${call.service} cannot be reached`;
    return { what, next: 'export AWS_REGION=eu-west-1', exitCode: exitCodes.usage };
  }
  if (hasCode(error, 'CALL_TIMED_OUT') || isOfTheNetwork(error)) return unreachable(error, call, place);
  if (!isServiceError(error) || error instanceof SyntaxError) {
    return error instanceof SyntaxError || (isServiceError(error) && /Deserialization/.test(error.message))
      ? notSpoken(call, place)
      : undefined;
  }
  const { name } = error;
  if (isMissing.test(name)) return missing(call, place, where);
  if (isDenied.test(name)) return denied(error, call, where);
  if (isExpired.test(name)) {
    return { what: `${place.shown} does not accept the credentials: they have expired`, next: 'aws sso login' };
  }
  if (isUnknownIdentity.test(name)) {
    const what = `${place.shown} does not accept the credentials (${describeError(error)})`;
    return { what, next: 'aws sts get-caller-identity, and AWS_PROFILE or the AWS_* keys' };
  }
  if (call.service === 'CloudFormation' && /does not exist/.test(error.message)) {
    const what = `there is no stack ${call.resource} in ${place.shown}`;
    return { what, next: 'aws cloudformation describe-stacks --query "Stacks[].StackName"', exitCode: exitCodes.usage };
  }
  if (isThrottled.test(name)) return { what: `${place.shown} throttles ${call.action}`, next: 'the same in a minute' };
  if (/^Unknown(Error)?$/.test(name)) return notSpoken(call, place);
  return { what: `${place.shown} refused ${call.action}${of(call)} (${describeError(error)})` };
}

type Place = {
  /** `DynamoDB at http://127.0.0.1:8000`, `DynamoDB in eu-west-1`. */
  readonly shown: string;
  /** The variable that names the endpoint; undefined on AWS. */
  readonly variable: string | undefined;
  readonly region: string | undefined;
};

function placeOf({ service }: Call, env: Environment): Place {
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || undefined;
  const own = `AWS_ENDPOINT_URL_${service.toUpperCase()}`;
  const variable = [own, 'AWS_ENDPOINT_URL'].find((name) => env[name]);
  const shown = variable === undefined ? (region ?? "the profile's region") : shownUrl(env[variable] ?? '');
  return { shown: `${service} ${variable === undefined ? 'in' : 'at'} ${shown}`, variable, region };
}

function unreachable(error: unknown, call: Call, { shown, variable, region }: Place): Words {
  const why = error instanceof WaybillError ? error.message : describeError(error);
  const what = `${shown} does not respond (${why})`;
  if (isTunnel(error))
    return { what, next: 'echo $HTTPS_PROXY $NO_PROXY: does the proxy know this user, and allow that host?' };
  if (variable !== undefined) return { what, next: `echo $${variable}: is the engine up, and that its address?` };
  const isUnknownHost = /ENOTFOUND|EAI_AGAIN/.test(describeError(error));
  const check = `aws ${call.service.toLowerCase()} help; is this machine online, or behind a proxy?`;
  if (!isUnknownHost) return { what, next: check };
  return { what: `${what}: is there a region ${region ?? 'of the profile'}?`, next: 'echo $AWS_REGION' };
}

function notSpoken(call: Call, { shown, variable }: Place): Words {
  const what = `${shown} answers, but not as ${call.service} does: another program is there`;
  return { what, next: `echo $${variable ?? 'AWS_ENDPOINT_URL'}`, exitCode: exitCodes.usage };
}

function missing(call: Call, { shown, variable }: Place, { choices: { environment, stack } }: Where): Words {
  const isQueue = call.service === 'SQS';
  const what = `there is no ${isQueue ? 'queue' : 'table'} ${call.resource ?? ''} ${variable === undefined ? shown.replace(/^\w+ /, '') : `on ${shown}`}`;
  const list = isQueue ? 'aws sqs list-queues' : 'aws dynamodb list-tables';
  const endpoint = variable === undefined ? '' : ` --endpoint-url "$${variable}"`;
  const named =
    environment !== undefined
      ? `is ${environment} the environment, and is it in this region and account?`
      : stack !== undefined
        ? `the outputs of the stack ${stack} are of another region or account`
        : `${variableFor(call)} names it`;
  return { what: `${what}: ${named}`, next: `${list}${endpoint}`, exitCode: exitCodes.usage };
}

function variableFor({ service, resource = '' }: Call): string {
  if (service === 'SQS') return `${variables.scanQueueUrl} or --queue`;
  const found = Object.values(variables).find((each) => resource.includes(each.replace('_TABLE', '').toLowerCase()));
  return found ?? 'a variable such as PARCELS_TABLE';
}

function denied(error: Error, call: Call, where: Where): Words {
  const [, action = `${call.service.toLowerCase()}:${call.action}`] = /perform: (\w+:\w+)/.exec(error.message) ?? [];
  const [, who] = /User: (\S+)/.exec(error.message) ?? [];
  const what = `${who ?? 'this identity'} may not ${action}${of(call)}`;
  const outputs = policiesFor(call);
  const stack = where.choices.stack ?? `waybill-${where.choices.environment ?? 'ENVIRONMENT'}-data`;
  const which = outputs.map((output) => `OutputKey=='${output}'`).join(' || ') || "ends_with(OutputKey, 'PolicyArn')";
  const named = outputs.length > 0 ? `output ${outputs.join(' or ')} names` : 'outputs name for this act (*PolicyArn)';
  return {
    what: `${what}: attach the policy that the data stack's ${named}`,
    next: `aws cloudformation describe-stacks --stack-name ${stack} --query "Stacks[].Outputs[?${which}]"`,
  };
}

function of({ resource }: Call): string {
  return resource === undefined ? '' : ` of ${resource.split('/').at(-1)}`;
}

/** Whether no answer came: the SDK and Node name such errors in many ways. */
function isOfTheNetwork(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isOfTheNetwork);
  if (!(error instanceof Error)) return false;
  return (
    isTunnel(error) ||
    'syscall' in error ||
    /^(TimeoutError|AbortError)$/.test(error.name) ||
    /socket hang up|ECONN/.test(error.message)
  );
}

/** A proxy that did not lead to the host. */
function isTunnel(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_PROXY_TUNNEL';
}
