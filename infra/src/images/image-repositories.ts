import { type App, CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type IRepository, Repository, TagMutability } from 'aws-cdk-lib/aws-ecr';
import type { Construct } from 'constructs';
import { type DeployedImage, deployedImages } from '../context/images-key.ts';

/** Commits of which the images are kept, to go back to. Each is some 60 MB for both platforms, of which most is shared. */
const keptCommits = 100;

function repositoryName(image: DeployedImage): string {
  return `waybill/${image}`;
}

/** The repository of an image in the account and region of the stack; {@link ImagesStack} creates it. */
export function imageRepository(scope: Construct, image: DeployedImage): IRepository {
  return Repository.fromRepositoryName(scope, 'Repository', repositoryName(image));
}

/**
 * The repositories of the images: one stack for each account and region, whatever environments are in them, so that what was
 * tried in one is what runs in another. It is deployed once, before a delivery pushes to it.
 */
export class ImagesStack extends Stack {
  constructor(app: App) {
    super(app, 'waybill-images', {
      description: 'Waybill: the repositories of its images, for all environments of this account and region',
      terminationProtection: true,
    });
    const repositories = deployedImages.map(
      (image) =>
        new Repository(this, image, {
          repositoryName: repositoryName(image),
          // What was approved is what runs: a tag, once pushed, stays where it is.
          imageTagMutability: TagMutability.IMMUTABLE,
          imageScanOnPush: true,
          removalPolicy: RemovalPolicy.RETAIN,
          lifecycleRules: [
            {
              description: `The newest ${keptCommits} commits`,
              // An index and the images of its platforms: only the index has a tag, and ECR keeps what an index lists.
              tagPatternList: ['sha-*'],
              maxImageCount: keptCommits,
            },
          ],
        }),
    );
    new CfnOutput(this, 'Repositories', { value: repositories.map(({ repositoryUri }) => repositoryUri).join(' ') });
  }
}
