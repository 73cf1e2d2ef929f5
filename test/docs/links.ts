import { dirname, join, normalize } from 'node:path';

/** Markdown files by their paths from the repository's root. */
export type Pages = ReadonlyMap<string, string>;

/**
 * The links of these pages that lead nowhere: to a file that does not exist, or to a place in a page that has no such
 * heading or anchor. Links to other hosts are not followed.
 */
export function deadLinks(pages: Pages, exists: (path: string) => boolean): string[] {
  return [...pages].flatMap(([page, text]) =>
    linksOf(text)
      .filter((link) => {
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? page : normalize(join(dirname(page), path)).replace(/\/$/, '');
        if (!exists(target)) return true;
        const targetText = pages.get(target);
        return anchor !== undefined && targetText !== undefined && !anchorsOf(targetText).has(anchor);
      })
      .map((link) => `${page}: ${link}`),
  );
}

/** Targets of the links outside code, but for those to other hosts. */
function linksOf(text: string): string[] {
  const prose = text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) =>
    /^[a-z]+:/.test(target) ? [] : [target],
  );
}

/** The anchors of a page: its headings as GitHub makes them, and those set by hand. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-'),
  );
  return new Set([...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)]);
}
