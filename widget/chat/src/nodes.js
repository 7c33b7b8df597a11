// An answer's nodes: made by name, filled with text as text, so that nothing is read as markup.
import { note } from './browser.js';

let api, nodes;

export const resolveAgainst = (base) => (api = base);

// The node that is filled and those that are open in it, the innermost last.
export const fill = (node) => (nodes = [node]);
export const close = (levels) => (nodes.length -= levels);
export const say = (text) => nodes.at(-1).append(text);

function add(tag) {
  const node = document.createElement(tag);
  nodes.at(-1).append(node);
  return node;
}

export function open(tag, url) {
  const node = add(tag);
  nodes.push(node);
  if (tag === 'a') aim(node, url);
  // What may scroll can be reached with the keyboard.
  if (tag === 'div') node.tabIndex = 0;
}

// A list with numbers from `first` on, or with points where that is negative.
export function list(first) {
  open(first < 0 ? 'ul' : 'ol');
  if (first >= 0) nodes.at(-1).start = first;
}

// The address as the browser reads it, which has the last word on its scheme.
function resolved(url, schemes) {
  try {
    const to = new URL(url, api);
    return schemes.test(to.protocol) ? to : undefined;
  } catch {}
}

export const pageUrl = (url) => resolved(url, /^https?:$/)?.href ?? '';

// The page's own site opens in its tab, to which the conversation comes back; any other in a new one, which learns nothing
// of the page.
function aim(link, url) {
  const to = resolved(url, /^(https?|mailto|tel):$/);
  if (!to) return;
  link.href = to.href;
  link.rel = 'noopener noreferrer nofollow';
  if (/^http/.test(to.protocol) && to.origin !== location.origin) link.target = '_blank';
}

// An image that the site allows, once it is written down. Its host sees the request, though not from which page.
export async function show(url, text) {
  const image = add('img');
  image.alt = text;
  const to = resolved(url, /^https?:$/);
  if (!to) return;
  await note(to.href);
  image.referrerPolicy = 'no-referrer';
  image.src = to.href;
}

export function style(shadow, css) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
}
