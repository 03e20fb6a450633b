import { protocolError } from '../errors.ts';

/** An element of the strict subset of XML that gateways send. `text` is its own text, without that of its children. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

/** `root/data/meter/function` is four deep. */
const MAX_DEPTH = 8;
/** 200 meters with a hundred functions each. */
const MAX_ELEMENTS = 20_000;
const MAX_ATTRIBUTES = 16;
const MAX_CHARACTERS = 1 << 20;

const DECLARATION = /^\s*<\?xml\s[^<>?]{0,100}\?>/;
const OPENING = /<([A-Za-z_][\w.-]{0,63})/y;
const ATTRIBUTE = /\s+([A-Za-z_][\w.-]{0,63})\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const OPENING_END = /\s*(\/?)>/y;
const CLOSING = /<\/([A-Za-z_][\w.-]{0,63})\s*>/y;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

interface Building {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

/**
 * Elements, attributes, text and the five predefined entities; nothing else of XML. No DOCTYPE, hence no entities to
 * expand and nothing to fetch; no CDATA, comments or processing instructions but the declaration. One pass, and no
 * character is looked at more than a few times, whatever the input.
 * @throws frame.bad_payload, frame.too_long, frame.not_supported for an encoding that is not UTF-8
 */
export function parseXml(text: string): XmlElement {
  if (text.length > MAX_CHARACTERS) throw protocolError('frame.too_long', `over ${MAX_CHARACTERS} characters of XML`);
  return new Parser(text).parse();
}

class Parser {
  readonly #text: string;
  readonly #open: Building[] = [];
  #at = 0;
  #elements = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): XmlElement {
    this.#at = declarationLength(this.#text);
    this.#takeText();
    let root = this.#takeTag();
    while (root === null) {
      this.#takeText();
      root = this.#takeTag();
    }
    if (this.#text.slice(this.#at).trim() !== '') throw this.#broken('text after the end');
    return root;
  }

  /** Up to the next tag, into the innermost open element. */
  #takeText(): void {
    const end = this.#text.indexOf('<', this.#at);
    if (end < 0) throw this.#broken('not closed');
    const text = this.#text.slice(this.#at, end);
    const inside = this.#open.at(-1);
    if (inside) inside.text += this.#unescaped(text);
    else if (text.trim() !== '') throw this.#broken('text outside of the root');
    this.#at = end;
  }

  /** @returns the root, when the tag closes it */
  #takeTag(): XmlElement | null {
    const closing = this.#match(CLOSING);
    if (closing) {
      if (this.#open.at(-1)?.name !== closing[1]) throw this.#broken('closes what is not open');
      return this.#close();
    }
    const opening = this.#match(OPENING);
    if (!opening) throw this.#broken('neither an element nor the end of one');
    if (this.#open.length === MAX_DEPTH) throw this.#broken(`nested over ${MAX_DEPTH} deep`);
    if (++this.#elements > MAX_ELEMENTS) throw protocolError('frame.too_long', `over ${MAX_ELEMENTS} elements of XML`);
    this.#open.push({ name: opening[1] ?? '', attributes: this.#takeAttributes(), children: [], text: '' });
    const end = this.#match(OPENING_END);
    if (!end) throw this.#broken('a tag without end');
    return end[1] === '/' ? this.#close() : null;
  }

  #takeAttributes(): ReadonlyMap<string, string> {
    const attributes = new Map<string, string>();
    for (let found = this.#match(ATTRIBUTE); found; found = this.#match(ATTRIBUTE)) {
      const name = found[1] ?? '';
      if (attributes.has(name) || attributes.size === MAX_ATTRIBUTES) throw this.#broken('an attribute too many');
      attributes.set(name, this.#unescaped(found[2] ?? found[3] ?? ''));
    }
    return attributes;
  }

  #close(): XmlElement | null {
    const element = this.#open.pop();
    if (!element) throw this.#broken('closes what is not open');
    const outer = this.#open.at(-1);
    if (!outer) return element;
    outer.children.push(element);
    return null;
  }

  #match(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#text);
    if (found) this.#at = expression.lastIndex;
    return found;
  }

  #unescaped(text: string): string {
    if (!isText(text)) throw this.#broken('a control character');
    return text.replace(/&([^;&]{0,5};)?/g, (_, name: string | undefined) => {
      const character = ENTITIES[name?.slice(0, -1) ?? ''];
      if (character === undefined) throw this.#broken('an entity that is not predefined');
      return character;
    });
  }

  #broken(why: string) {
    return protocolError('frame.bad_payload', `XML: ${why}`, { at: this.#at });
  }
}

function declarationLength(text: string): number {
  const [declaration = ''] = DECLARATION.exec(text) ?? [];
  const encoding = /encoding\s*=\s*["']([^"']*)["']/.exec(declaration)?.[1] ?? 'utf-8';
  if (!/^(utf-8|us-ascii)$/i.test(encoding)) {
    throw protocolError('frame.not_supported', 'XML in an encoding other than UTF-8', { encoding });
  }
  return declaration.length;
}

/** Of the control characters XML allows tab and line ends. */
const isText = (text: string): boolean => {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return false;
  }
  return true;
};

/** An element to be written; what is undefined is left out. */
export function xml(
  name: string,
  attributes: Readonly<Record<string, string>>,
  ...contents: readonly (XmlElement | string)[]
): XmlElement {
  const children = contents.filter((one) => typeof one !== 'string');
  const text = contents.filter((one) => typeof one === 'string').join('');
  return { name, attributes: new Map(Object.entries(attributes)), children, text };
}

/** What `parseXml` takes, on one line, text before children. @throws frame.bad_value for control characters */
export function renderXml(root: XmlElement): string {
  return `<?xml version="1.0" encoding="utf-8"?>${renderElement(root)}`;
}

function renderElement({ name, attributes, children, text }: XmlElement): string {
  const head = [name, ...[...attributes].map(([key, value]) => `${key}="${escaped(value)}"`)].join(' ');
  const inside = escaped(text) + children.map(renderElement).join('');
  return inside === '' ? `<${head}/>` : `<${head}>${inside}</${name}>`;
}

function escaped(text: string): string {
  if (!isText(text)) throw protocolError('frame.bad_value', 'a control character cannot stand in XML');
  const marks: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };
  return text.replace(/[&<>"']/g, (mark) => `&${marks[mark]};`);
}

/** The first child of that name. */
export const childOf = (element: XmlElement | null, name: string): XmlElement | null =>
  element?.children.find((child) => child.name === name) ?? null;

/** The child's text without white space around it; null when there is no such child or no text in it. */
export const textIn = (element: XmlElement | null, name: string): string | null =>
  childOf(element, name)?.text.trim() || null;
