/**
 * Makes what stands here like what the server says now, by as few changes as that takes. What is left alone keeps its focus,
 * its selection, its place on the screen, and is not announced again: replacing it would lose all of that.
 */

/** Takes over each part that is marked `data-live`, and the title. */
export function takeOver(/** @type {Document} */ fresh) {
  const focused = document.activeElement;
  for (const part of document.querySelectorAll('[data-live]')) {
    const next = fresh.getElementById(part.id);
    if (next) become(part, next);
  }
  if (document.title !== fresh.title) document.title = fresh.title;
  // Who is moved loses the focus.
  if (focused instanceof HTMLElement && focused.isConnected && document.activeElement !== focused) focused.focus();
  document.dispatchEvent(new Event('freshened'));
}

/** @type {(here: Node, fresh: Node) => void} */
function become(here, fresh) {
  if (here.isEqualNode(fresh)) return;
  if (!(here instanceof Element) || !(fresh instanceof Element)) {
    here.nodeValue = fresh.nodeValue;
    return;
  }
  // A script has drawn in it.
  if (here.hasAttribute('data-own')) return;
  attributesBecome(here, fresh);
  childrenBecome(here, fresh);
}

/** @type {(here: Element, fresh: Element) => void} */
function attributesBecome(here, fresh) {
  for (const { name } of [...here.attributes])
    if (name !== 'open' && !fresh.hasAttribute(name)) here.removeAttribute(name);
  // Whoever reads has opened and closed it since.
  for (const { name, value } of fresh.attributes)
    if (name !== 'open' && here.getAttribute(name) !== value) here.setAttribute(name, value);
}

/** @type {(here: Element, fresh: Element) => void} */
function childrenBecome(here, fresh) {
  const keys = keysOf(here);
  const nextKeys = keysOf(fresh);
  const wanted = new Set(nextKeys.values());
  const known = new Map([...keys].map(([node, key]) => [key, node]));
  let at = here.firstChild;
  for (const next of [...fresh.childNodes]) {
    // What has gone goes first, so that what follows it need not be moved.
    while (at && keys.has(at) && !wanted.has(keys.get(at) ?? '')) at = withoutIt(at);
    const key = nextKeys.get(next);
    const isLike = at && !keys.has(at) && at.nodeName === next.nodeName;
    const same = key === undefined ? (isLike ? at : undefined) : known.get(key);
    if (!same) here.insertBefore(document.importNode(next, true), at);
    else {
      if (same === at) at = at.nextSibling;
      else here.insertBefore(same, at);
      become(same, next);
    }
  }
  while (at) at = withoutIt(at);
}

/** @type {(node: ChildNode) => ChildNode | null} */
function withoutIt(node) {
  const { nextSibling } = node;
  node.remove();
  return nextSibling;
}

/**
 * By what a child is known again: its id, or where its first link leads. A row that has come in above must not put another
 * link under the finger of whoever is about to press Enter.
 *
 * @type {(parent: Element) => Map<Node, string>}
 */
function keysOf(parent) {
  const keys = new Map();
  const seen = new Map();
  for (const child of parent.children) {
    const link = child.matches('a[href]') ? child : child.querySelector('a[href]');
    const name = child.id ? `#${child.id}` : link?.getAttribute('href');
    if (!name) continue;
    const key = `${child.nodeName} ${name}`;
    const count = seen.get(key) ?? 0;
    seen.set(key, count + 1);
    keys.set(child, `${key} ${count}`);
  }
  return keys;
}
