/** A text that must not come out, and the one in which it was found. */
export type Leak = { readonly secret: string; readonly where: string };

/**
 * The secrets that stand anywhere in `said`: a log line (as text or parsed), an error, or a list of such. Of an error all
 * that any printer may show is read: name, message, stack, own properties such as `details`, and the same of its `cause`
 * and of the errors that it gathers. A secret is found as it is, percent-encoded, in base64 and as JSON escapes it.
 */
export function leaksIn(said: unknown, secrets: readonly string[]): readonly Leak[] {
  const spellings = secrets.flatMap((secret) => spellingsOf(secret).map((spelling) => ({ secret, spelling })));
  const leaks: Leak[] = [];
  const seen = new Set<object>();
  const read = (value: unknown, where: string): void => {
    if (typeof value === 'string') {
      for (const { secret, spelling } of spellings) if (value.includes(spelling)) leaks.push({ secret, where });
    } else if (value instanceof Uint8Array) {
      read(Buffer.from(value).toString('latin1'), where);
    } else if (typeof value === 'object' && value !== null && !seen.has(value)) {
      seen.add(value);
      // Of an error, message, stack and cause are no enumerable properties.
      for (const key of Object.getOwnPropertyNames(value)) {
        read(key, `${where} (a name)`);
        read(Reflect.get(value, key), `${where}.${key}`);
      }
    }
  };
  read(said, 'said');
  return leaks;
}

function spellingsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const escaped = JSON.stringify(secret).slice(1, -1);
  return [...new Set([secret, encodeURIComponent(secret), bytes.toString('base64').replace(/=+$/, ''), escaped])];
}
