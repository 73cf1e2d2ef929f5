/** What one can do when somebody else's endpoint fails, by what it answers: the rows of one endpoint, the first that fits. */
type Answer = { readonly when: RegExp; readonly toDo: string };

const feedAnswers: readonly Answer[] = [
  { when: /^none$/, toDo: 'look whether SCAN_API_URL can be reached from here, and tell the carrier if it lasts' },
  { when: /^5/, toDo: 'Waybill asks again by itself; tell the carrier if it lasts' },
  {
    when: /^429$/,
    toDo: 'Waybill asks more slowly by itself; if it lasts, lower SCAN_API_REQUESTS_PER_SECOND or agree on more with the carrier',
  },
  {
    when: /^40[13]$/,
    toDo: 'check SCAN_API_TOKEN, or what else gives access, and ask the carrier whether it has changed',
  },
  { when: /^4(04|10)$/, toDo: 'check the path of SCAN_API_URL' },
  { when: /^407$/, toDo: 'check HTTP_PROXY: the proxy wants a user and a password, or others' },
  { when: /^2/, toDo: 'it is not a page of events; waybill feed check says what is wrong' },
  { when: /./, toDo: 'waybill feed check says what is wrong' },
];

const webhookAnswers: readonly Answer[] = [
  { when: /^none$/, toDo: 'look whether WEBHOOK_URL can be reached from here, and tell its owner' },
  { when: /^5/, toDo: 'Waybill asks again by itself; tell its owner if it lasts' },
  { when: /^429$/, toDo: 'Waybill asks more slowly by itself; lower WEBHOOK_CONCURRENCY if it lasts' },
  { when: /^40[13]$/, toDo: 'compare the secret with its owner, and look at WEBHOOK_SECRETS' },
  { when: /^4(04|10)$/, toDo: 'check WEBHOOK_URL with its owner' },
  { when: /./, toDo: 'ask its owner what it expects' },
];

const reportAnswers: readonly Answer[] = [
  { when: /^none$/, toDo: 'look whether REPORT_URL can be reached from here, and tell its owner' },
  { when: /^5|^429$/, toDo: 'Waybill asks again by itself; tell its owner if it lasts' },
  { when: /^40[13]$/, toDo: 'check REPORT_TOKEN' },
  { when: /./, toDo: 'check REPORT_URL with its owner' },
];

type Endpoint = { readonly who: string; readonly answers: readonly Answer[]; readonly held: string };

const endpoints = {
  feed: { who: 'The carrier', answers: feedAnswers, held: '' },
  webhook: { who: 'The webhook', answers: webhookAnswers, held: ' What is due is held and told later.' },
  report: { who: 'The endpoint of reports', answers: reportAnswers, held: ' What is due is held and reported later.' },
} as const satisfies Readonly<Record<string, Endpoint>>;

/** @param status a status code; `none` without an answer; empty where it is not known */
export function endpointSentence(endpoint: keyof typeof endpoints, status: string, duration: string): string {
  const { who, answers, held }: Endpoint = endpoints[endpoint];
  const { toDo = '' } = answers.find(({ when }) => when.test(status || '?')) ?? {};
  const did =
    status === 'none' ? 'has not answered' : status === '' ? 'has answered with errors' : `has answered ${status}`;
  return `${who} ${did} for ${duration}: ${toDo}.${held}`;
}
