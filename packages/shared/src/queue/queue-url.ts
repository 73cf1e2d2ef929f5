/** The name of the queue with this URL, whatever engine it names. */
export function queueNameOf(queueUrl: string): string {
  return queueUrl.split('/').at(-1) || queueUrl;
}

/**
 * The URL of a queue in the account and region of another: a dead-letter queue always is there (SQS, "Using dead-letter
 * queues"), and no permission is needed to ask for it.
 *
 * @param arn `arn:aws:sqs:<region>:<account>:<name>`
 */
export function besideQueue(queueUrl: string, arn: string): string {
  return `${queueUrl.slice(0, queueUrl.lastIndexOf('/') + 1)}${arn.split(':').at(-1)}`;
}
