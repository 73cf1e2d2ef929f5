/** `12,345`, whatever the machine's locale. Not for ids: they are pasted. */
export function shownNumber(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** `1 event`, `2 events`, `1 delivery`, `2 deliveries`. */
export function counted(count: number, noun: string): string {
  return `${shownNumber(count)} ${count === 1 ? noun : pluralOf(noun)}`;
}

/** The plural of an English noun that has a regular one. */
export function pluralOf(noun: string): string {
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
  return /(?:s|x|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`;
}
