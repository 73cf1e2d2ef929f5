import { Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';

/**
 * Where every alarm of a deployment is told. Not encrypted by KMS: CloudWatch publishes only under a key of one's own,
 * which costs, and the text holds no data of parcels or people.
 */
export class AlarmTopic extends Topic {
  constructor(scope: Construct, id: string, { email }: { readonly email: string | undefined }) {
    super(scope, id, { displayName: 'Waybill alarms', enforceSSL: true });
    const { account } = Stack.of(this);
    // A topic with a policy of its own loses the default one, by which the account's alarms may publish.
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
