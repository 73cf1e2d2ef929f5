/** The text that markup without tags shows. */
export function unescaped(text: string): string {
  const characters: Readonly<Record<string, string>> = {
    lt: '<',
    gt: '>',
    quot: '"',
    '#39': "'",
    '#96': '`',
    amp: '&',
  };
  return text.replaceAll(/&(lt|gt|quot|#39|#96|amp);/g, (_, name: string) => characters[name] ?? '');
}
