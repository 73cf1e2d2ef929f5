/** Where the API is, and who asks. */
export type Server = {
  /** Of the API, without a path: `https://waybill.company.example`. */
  readonly baseUrl: string;
  /** Sent as a bearer token; none for what is open, and for requests that are signed by their headers. */
  readonly token?: string;
  /** In place of the global `fetch`. */
  readonly fetch?: typeof fetch;
};

export type Options = RequestInit & { readonly server?: Server };

/**
 * What each generated function sends its request by. Whatever the server answers is a value with its status, problems too;
 * it rejects where no answer comes, with the error of `fetch`, and where a body is not the JSON that its header says.
 *
 * @param path with the query
 */
export async function request<Answer>(path: string, { server, ...init }: Options = {}): Promise<Answer> {
  if (server === undefined) throw new TypeError(`no server is given for ${path.split('?')[0]}: use createClient`);
  const headers = new Headers(init.headers);
  if (server.token !== undefined && !headers.has('authorization'))
    headers.set('authorization', `Bearer ${server.token}`);
  const response = await (server.fetch ?? fetch)(new URL(path, server.baseUrl), { ...init, headers });
  const text = await response.text();
  const isJson = /^application\/(?:[\w.-]+\+)?json\b/.test(response.headers.get('content-type') ?? '');
  const data: unknown = text !== '' && isJson ? JSON.parse(text) : undefined;
  // Holds as far as the server keeps to its document, by which its answers are checked.
  return { status: response.status, data, headers: response.headers } as Answer;
}
