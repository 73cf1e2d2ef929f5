import { WaybillError } from '@waybill/shared/error.ts';
import { expect, test } from 'vitest';
import { recordedSpans } from '../../../shared/test/recorded-spans.ts';
import type { NotificationRequest } from '../webhook/webhook.ts';
import { tracedWebhook } from './traced-webhook.ts';

const request = { id: 'id', body: '{"person":"Ada"}' };
const { signal } = new AbortController();

/** A webhook that answers with these in turn. */
function traced(answers: (number | Error)[]) {
  const recorded = recordedSpans();
  const asked: NotificationRequest[] = [];
  const notify = async (one: NotificationRequest) => {
    asked.push(one);
    const answer = answers.shift() ?? 500;
    if (typeof answer !== 'number') throw answer;
    return answer;
  };
  const span = recorded.tracing.begin('process announcements');
  if (!span) throw new Error('the message is traced');
  return { ...recorded, asked, webhook: tracedWebhook({ host: 'shop.example', notify }, span) };
}

test('each request is a step with its status, and a repetition says so', async () => {
  const away = new WaybillError('ENDPOINT_UNAVAILABLE', 'https://shop.example/?token=secret', {
    details: { status: 503 },
  });
  const { webhook, spans } = traced([away, new Error('cut'), 204]);
  for (const attempt of [1, 2, 3]) {
    const answer = webhook.notify(request, signal);
    if (attempt === 3) expect(await answer).toBe(204);
    else await expect(answer).rejects.toThrow();
  }
  const same = { 'http.request.method': 'POST', 'server.address': 'shop.example' };
  expect(spans().map(({ attributes, isFailed }) => [isFailed, attributes])).toEqual([
    [true, { ...same, 'http.response.status_code': 503, 'error.type': 'ENDPOINT_UNAVAILABLE' }],
    [true, { ...same, 'http.request.resend_count': 1, 'error.type': 'Error' }],
    [false, { ...same, 'http.request.resend_count': 2, 'http.response.status_code': 204 }],
  ]);
  expect(JSON.stringify(spans())).not.toMatch(/secret|Ada/);
});

test('the receiver, who is somebody else, is told nothing of the trace', async () => {
  const { webhook, asked } = traced([200]);
  await webhook.notify(request, signal);
  expect(asked).toEqual([request]);
});
