import { WaybillError } from '@waybill/shared/error.ts';
import type { Environment } from '../io.ts';

/**
 * Who runs this command. On engines that are not AWS's, and have no STS, nobody knows more than the operating system's
 * user. Elsewhere STS must say it: an act is on record, or it is not done.
 */
export async function whoRuns(
  env: Environment,
  callerArn: () => Promise<string>,
  userName: () => string,
): Promise<string> {
  const isLocal = isElsewhere(env['AWS_ENDPOINT_URL_SQS']) || isElsewhere(env['AWS_ENDPOINT_URL_DYNAMODB']);
  if (isLocal && !env['AWS_ENDPOINT_URL'] && !env['AWS_ENDPOINT_URL_STS']) return `local:${userName()}`;
  try {
    return await callerArn();
  } catch (cause) {
    throw new WaybillError(
      'OPERATION_REFUSED',
      'Nothing was done: an act goes on record with who did it, and STS does not say who you are',
      { cause },
    );
  }
}

/** Whether this is the URL of another host than one of AWS. */
function isElsewhere(url: string | undefined): boolean {
  const host = URL.parse(url ?? '')?.hostname;
  return host !== undefined && !/(^|\.)(amazonaws\.com(\.cn)?|api\.aws)$/.test(host);
}
