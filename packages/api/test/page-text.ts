/** The words of a page, a line for each piece of text, as somebody reads them. */
export function textOf(markup: string): readonly string[] {
  const begin = Math.max(0, markup.indexOf('<main'));
  const end = markup.indexOf('</main>');
  return markup
    .slice(begin, end < 0 ? undefined : end)
    .replaceAll(/<\/?(?:b|bdi|code|span|a|time)\b[^>]*>/g, '')
    .replaceAll(/<[^>]*>/g, '\n')
    .split('\n')
    .map((line) => unescaped(line).replaceAll(/\s+/g, ' ').trim())
    .filter((line) => line !== '');
}

const characters: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', '#39': "'", '#96': '`', amp: '&' };

function unescaped(text: string): string {
  return text.replaceAll(/&(lt|gt|quot|#39|#96|amp);/g, (_, name: string) => characters[name] ?? '');
}
