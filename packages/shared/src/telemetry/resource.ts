import { detectResources, envDetector, type Resource, resourceFromAttributes } from '@opentelemetry/resources';

/** What metrics and traces say of the process that they are of; `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` go before `service`. */
export function resourceOf(service: string): Resource {
  return resourceFromAttributes({ 'service.name': service }).merge(detectResources({ detectors: [envDetector] }));
}
