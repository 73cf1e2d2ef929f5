import { Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';

export type AlarmTopicProps = {
  /** The sender of its e-mails. */
  readonly displayName: string;
  /** Who gets them; nobody without. */
  readonly email: string | undefined;
};

/**
 * Receives the alarms of one severity of a deployment. It is not encrypted by KMS: CloudWatch could publish only with a customer's own key,
 * which costs money, and the texts hold no data of parcels or people.
 */
export class AlarmTopic extends Topic {
  constructor(scope: Construct, id: string, { displayName, email }: AlarmTopicProps) {
    super(scope, id, { displayName, enforceSSL: true });
    const { account } = Stack.of(this);
    // A topic with its own policy loses the default one, which lets the account's alarms publish.
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    );
    if (email) this.addSubscription(new EmailSubscription(email));
  }
}
