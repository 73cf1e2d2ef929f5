import { fileURLToPath } from 'node:url';
import { buildInfo } from '@waybill/shared/process/build-info.ts';
import { IgnoreMode, RemovalPolicy } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import {
  Capability,
  ContainerImage,
  CpuArchitecture,
  FargateTaskDefinition,
  LinuxParameters,
  OperatingSystemFamily,
} from 'aws-cdk-lib/aws-ecs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { type Construct, DependencyGroup, type IDependable } from 'constructs';
import type { BuiltImages, DeployedImage } from '../context/images-key.ts';
import { acknowledge } from '../findings/acknowledge.ts';
import { imageRepository } from '../images/image-repositories.ts';
import { trustOwnTasks } from './trust.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

export type TaskProps = {
  readonly environment: string;
  /** The target of the `Dockerfile`; part of the names of task and log. */
  readonly image: DeployedImage;
  /** Undefined: the CDK builds it. */
  readonly builtImages: BuiltImages | undefined;
  /** The name of the webhook that it is for, where each has such a task; part of the same names. */
  readonly webhook?: string;
  readonly size: { readonly cpu: number; readonly memoryMiB: number };
};

/** What is in the names of a task: `processor`, `notifier-shop`. */
export function taskName({ image, webhook }: Pick<TaskProps, 'image' | 'webhook'>): string {
  return webhook === undefined ? image : `${image}-${webhook}`;
}

/** The log of a task. */
export function taskLogs(scope: Construct, props: TaskProps): LogGroup {
  return new LogGroup(scope, 'Logs', {
    logGroupName: `/waybill/${props.environment}/${taskName(props)}`,
    retention: RetentionDays.ONE_MONTH,
    // If it were kept, the next deployment would fail because the name exists. It holds ids and outcomes, no data.
    removalPolicy: RemovalPolicy.DESTROY,
  });
}

/** A task of this size on ARM64, without a container. */
export function fargateTask(scope: Construct, props: TaskProps): FargateTaskDefinition {
  const { environment, size } = props;
  const task = new FargateTaskDefinition(scope, 'Task', {
    family: `waybill-${environment}-${taskName(props)}`,
    cpu: size.cpu,
    memoryLimitMiB: size.memoryMiB,
    runtimePlatform: { cpuArchitecture: CpuArchitecture.ARM64, operatingSystemFamily: OperatingSystemFamily.LINUX },
  });
  trustOwnTasks(task.taskRole);
  trustOwnTasks(task.obtainExecutionRole());
  acknowledge(task, {
    'AwsSolutions-ECS2': 'The variables are names, sizes and URLs; secrets come from Secrets Manager.',
    'AwsSolutions-IAM5[Resource::*]':
      'ecr:GetAuthorizationToken knows no resources (Service Authorization Reference of Amazon ECR).',
  });
  return task;
}

/**
 * What must be there before a task starts: the policies by which ECS pulls its image, reads its secrets and writes its log,
 * and those by which the process works. A reference to a role does not wait for the role's policies.
 */
export function policiesOf(task: FargateTaskDefinition): IDependable {
  return new DependencyGroup(task.obtainExecutionRole(), task.taskRole);
}

/** Of a container: its image, and what confines it. It writes no file and has no capabilities beyond those of an ordinary user. */
export function confinedContainer(scope: Construct, props: Pick<TaskProps, 'image' | 'builtImages'>) {
  return {
    image: imageOf(scope, props),
    readonlyRootFilesystem: true,
    user: '1000:1000',
    linuxParameters: plainLinux(scope),
  };
}

/** The image that was built before, by its digest, or one that the CDK builds. */
function imageOf(scope: Construct, { image, builtImages }: Pick<TaskProps, 'image' | 'builtImages'>): ContainerImage {
  if (builtImages) return ContainerImage.fromEcrRepository(imageRepository(scope, image), builtImages.digests[image]);
  return ContainerImage.fromAsset(repository, {
    assetName: `waybill-${image}`,
    target: image,
    platform: Platform.LINUX_ARM64,
    // Not the commit: each would change the hash of the image, and a deployment would replace every task for it.
    buildArgs: { VERSION: buildInfo({}).version },
    // The CDK reads `.dockerignore`, and reads it as docker does.
    ignoreMode: IgnoreMode.DOCKER,
  });
}

/** An init process passes signals on and reaps orphans. */
function plainLinux(scope: Construct): LinuxParameters {
  const linux = new LinuxParameters(scope, 'Linux', { initProcessEnabled: true });
  linux.dropCapabilities(Capability.ALL);
  return linux;
}
