import { hasCode, WaybillError } from '@waybill/shared/error.ts';
import type { TraceSpan } from '@waybill/shared/telemetry/traces/trace-span.ts';
import type { Webhook } from '../webhook/webhook.ts';
import { numberIn } from './store-notification.ts';

/** The webhook with a step of `span` for each request. The receiver is somebody else: the request says nothing of the trace. */
export function tracedWebhook(webhook: Webhook, span: TraceSpan): Webhook {
  const { host } = webhook;
  let requests = 0;
  return {
    ...webhook,
    notify: async (request, signal) => {
      const step = span.request('POST webhook', {
        'http.request.method': 'POST',
        ...(host !== undefined && { 'server.address': host }),
        ...(requests > 0 && { 'http.request.resend_count': requests }),
      });
      requests += 1;
      try {
        const status = await webhook.notify(request, signal);
        step.end({ 'http.response.status_code': status });
        return status;
      } catch (error) {
        step.fail(error, statusIn(error));
        throw error;
      }
    },
  };
}

function statusIn(error: unknown) {
  const isAnswered = hasCode(error, 'NOTIFICATION_REFUSED') || hasCode(error, 'ENDPOINT_UNAVAILABLE');
  const status = isAnswered && error instanceof WaybillError ? numberIn(error, 'status') : undefined;
  return status === undefined ? {} : { 'http.response.status_code': status };
}
