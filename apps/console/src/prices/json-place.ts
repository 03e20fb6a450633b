/** Where in the text of a JSON document the place `steps[1].parts[0].price` begins; null where it is not there. */
export function placeIn(text: string, at: string): number | null {
  const path = [...at.matchAll(/[^.[\]]+/g)].map(([key]) => key);
  let offset = skipSpace(text, 0);
  for (const key of path) {
    const next = text[offset] === '{' ? memberOf(text, offset, key) : elementOf(text, offset, Number(key));
    if (next === null) return offset === 0 ? null : offset;
    offset = next;
  }
  return offset;
}

export const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

const skipSpace = (text: string, from: number): number => {
  let at = from;
  while (/\s/.test(text[at] ?? '')) at++;
  return at;
};

/** The end of the value that begins here. */
function endOf(text: string, from: number): number {
  const first = text[from];
  if (first === '"') return stringEnd(text, from);
  if (first !== '{' && first !== '[') {
    let at = from;
    while (at < text.length && !/[\s,}\]]/.test(text[at] ?? '')) at++;
    return at;
  }
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === '"') at = stringEnd(text, at) - 1;
    else if (char === '{' || char === '[') depth++;
    else if ((char === '}' || char === ']') && --depth === 0) return at + 1;
  }
  return text.length;
}

function stringEnd(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function memberOf(text: string, from: number, key: string): number | null {
  let at = skipSpace(text, from + 1);
  while (text[at] === '"') {
    const end = stringEnd(text, at);
    const value = skipSpace(text, skipSpace(text, end) + 1);
    if (JSON.parse(text.slice(at, end)) === key) return value;
    at = skipSpace(text, endOf(text, value));
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return null;
}

function elementOf(text: string, from: number, index: number): number | null {
  if (text[from] !== '[' || !Number.isInteger(index)) return null;
  let at = skipSpace(text, from + 1);
  for (let count = 0; at < text.length && text[at] !== ']'; count++) {
    if (count === index) return at;
    at = skipSpace(text, endOf(text, at));
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return null;
}
