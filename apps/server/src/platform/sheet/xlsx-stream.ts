import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { crc32, createDeflateRaw } from 'node:zlib';

/*
 * An Excel file (ECMA-376) written row by row in bounded memory: a zip (APPNOTE 6.3.10) whose parts are deflated as they come,
 * their sizes standing behind them. Text is text, also where it begins like a formula.
 */

/** `decimals` says how a number is shown; `at` is a time on the wall as if it were UTC. */
export type SheetCell =
  | string
  | null
  | { readonly number: string; readonly decimals: 0 | 2 | 3 }
  | { readonly wallMs: number };

export interface SheetStream {
  /** Resolves once there is room for the next. */
  row(cells: readonly SheetCell[]): Promise<void>;
  end(): Promise<void>;
}

const DAY_MS = 86_400_000;
/** Days from what Excel counts from to 1970, with its leap day that never was. */
const EPOCH_DAYS = 25_569;
/** Styles of `styles.xml`, by what a cell is. */
const STYLE = { heading: 1, 0: 0, 2: 2, 3: 3, instant: 4 } as const;

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/package/2006/relationships';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

const partsOf = (sheetName: string): readonly (readonly [name: string, xml: string])[] => [
  [
    '[Content_Types].xml',
    `${XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
      '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
      `<Override PartName="/xl/workbook.xml" ContentType="${TYPE}.sheet.main+xml"/>` +
      `<Override PartName="/xl/styles.xml" ContentType="${TYPE}.styles+xml"/>` +
      `<Override PartName="/xl/worksheets/sheet1.xml" ContentType="${TYPE}.worksheet+xml"/></Types>`,
  ],
  [
    '_rels/.rels',
    `${XML}<Relationships xmlns="${RELATIONS}">` +
      `<Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  ],
  [
    'xl/workbook.xml',
    `${XML}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets>` +
      `<sheet name="${xmlText(sheetName)}" sheetId="1" r:id="rId1"/></sheets></workbook>`,
  ],
  [
    'xl/_rels/workbook.xml.rels',
    `${XML}<Relationships xmlns="${RELATIONS}">` +
      `<Relationship Id="rId1" Type="${OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>` +
      `<Relationship Id="rId2" Type="${OFFICE}/styles" Target="styles.xml"/></Relationships>`,
  ],
  [
    'xl/styles.xml',
    `${XML}<styleSheet xmlns="${MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="0.000"/>` +
      '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>' +
      '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>' +
      '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>' +
      '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="5">' +
      '<xf xfId="0"/><xf xfId="0" fontId="1" applyFont="1"/><xf xfId="0" numFmtId="2" applyNumberFormat="1"/>' +
      '<xf xfId="0" numFmtId="164" applyNumberFormat="1"/><xf xfId="0" numFmtId="165" applyNumberFormat="1"/>' +
      '</cellXfs></styleSheet>',
  ],
];

/** Of a sheet's name Excel takes 31 characters and not these. */
const nameOf = (title: string): string =>
  title
    .replace(/[[\]:*?/\\']/g, ' ')
    .slice(0, 31)
    .trim() || 'Sheet1';

/** @param widths in characters, one a column */
export async function openXlsx(
  to: Writable,
  title: string,
  headings: readonly string[],
  widths: readonly number[],
): Promise<SheetStream> {
  const zip = new ZipWriter(to);
  for (const [name, xml] of partsOf(nameOf(title))) {
    await zip.begin(name);
    await zip.write(xml);
    await zip.finish();
  }
  await zip.begin('xl/worksheets/sheet1.xml');
  const columns = widths.map((width, at) => `<col min="${at + 1}" max="${at + 1}" width="${width}" customWidth="1"/>`);
  await zip.write(
    `${XML}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0">` +
      '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>' +
      `<cols>${columns.join('')}</cols><sheetData>${rowXml(headings, 1, STYLE.heading)}`,
  );
  let number = 1;
  return {
    row: (cells) => zip.write(rowXml(cells, ++number)),
    async end() {
      await zip.write('</sheetData></worksheet>');
      await zip.finish();
      await zip.end();
    },
  };
}

/** `A`, `Z`, `AA`: programs that read sheets want every cell to say where it is. */
function columnName(at: number): string {
  const letter = String.fromCharCode(65 + (at % 26));
  return at < 26 ? letter : columnName(Math.floor(at / 26) - 1) + letter;
}

function rowXml(cells: readonly SheetCell[], number: number, style = 0): string {
  const all = cells.map((cell, at) =>
    cell === null || cell === '' ? '' : cellXml(cell, columnName(at) + number, style),
  );
  return `<row r="${number}">${all.join('')}</row>`;
}

function cellXml(cell: Exclude<SheetCell, null>, at: string, style: number): string {
  if (typeof cell === 'string') {
    return `<c r="${at}" t="inlineStr" s="${style}"><is><t xml:space="preserve">${xmlText(cell)}</t></is></c>`;
  }
  if ('number' in cell) return `<c r="${at}" s="${STYLE[cell.decimals]}"><v>${cell.number}</v></c>`;
  return `<c r="${at}" s="${STYLE.instant}"><v>${cell.wallMs / DAY_MS + EPOCH_DAYS}</v></c>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** What XML 1.0 takes at all: half a surrogate pair and most control characters are nothing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
const xmlText = (text: string): string =>
  text
    .toWellFormed()
    .replace(NOT_XML, '')
    .replace(/[&<>"]/g, (char) => ENTITIES[char] ?? char);

const LOCAL = 0x04034b50;
const SIZES = 0x08074b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
/** Sizes stand behind the part, and its name is UTF-8. */
const FLAGS = 0x0808;
const DEFLATED = 8;
const VERSION = 20;
/** Midnight of 1 January 1980, so that the same rows make the same bytes. */
const DOS_DATE = 33;

const TOGETHER = 64 * 1024;

interface Part {
  readonly name: Buffer;
  readonly offset: number;
  readonly deflate: ReturnType<typeof createDeflateRaw>;
  readonly drained: Promise<void>;
  crc: number;
  size: number;
  packed: number;
}

class ZipWriter {
  readonly #to: Writable;
  readonly #done: Part[] = [];
  #at = 0;
  #part: Part | null = null;
  #pending = '';

  constructor(to: Writable) {
    this.#to = to;
  }

  async begin(name: string): Promise<void> {
    const bytes = Buffer.from(name);
    const head = Buffer.alloc(30);
    head.writeUInt32LE(LOCAL, 0);
    head.writeUInt16LE(VERSION, 4);
    head.writeUInt16LE(FLAGS, 6);
    head.writeUInt16LE(DEFLATED, 8);
    head.writeUInt16LE(DOS_DATE, 12);
    head.writeUInt16LE(bytes.length, 26);
    const offset = this.#at;
    await this.#put(Buffer.concat([head, bytes]));
    const deflate = createDeflateRaw({ level: 3 });
    const drained = this.#drain(deflate);
    // Whoever writes hears of it; until then it is nobody's.
    drained.catch(() => {});
    this.#part = { name: bytes, offset, deflate, drained, crc: 0, size: 0, packed: 0 };
  }

  async #drain(deflate: Part['deflate']): Promise<void> {
    for await (const chunk of deflate as AsyncIterable<Buffer>) {
      if (this.#part) this.#part.packed += chunk.length;
      await this.#put(chunk);
    }
  }

  /** Rows are short: they go to be deflated many together. */
  async write(text: string): Promise<void> {
    this.#pending += text;
    if (this.#pending.length >= TOGETHER) await this.#flush();
  }

  async #flush(): Promise<void> {
    const part = this.#part;
    if (!part) throw new Error('no part was begun');
    const bytes = Buffer.from(this.#pending);
    this.#pending = '';
    part.crc = crc32(bytes, part.crc);
    part.size += bytes.length;
    if (!part.deflate.write(bytes)) await Promise.race([once(part.deflate, 'drain'), part.drained]);
  }

  async finish(): Promise<void> {
    await this.#flush();
    const part = this.#part;
    if (!part) return;
    part.deflate.end();
    await part.drained;
    this.#part = null;
    const sizes = Buffer.alloc(16);
    sizes.writeUInt32LE(SIZES, 0);
    sizes.writeUInt32LE(part.crc, 4);
    sizes.writeUInt32LE(part.packed, 8);
    sizes.writeUInt32LE(part.size, 12);
    await this.#put(sizes);
    this.#done.push(part);
  }

  async end(): Promise<void> {
    const from = this.#at;
    for (const { name, offset, crc, packed, size } of this.#done) {
      const entry = Buffer.alloc(46);
      entry.writeUInt32LE(CENTRAL, 0);
      entry.writeUInt16LE(VERSION, 4);
      entry.writeUInt16LE(VERSION, 6);
      entry.writeUInt16LE(FLAGS, 8);
      entry.writeUInt16LE(DEFLATED, 10);
      entry.writeUInt16LE(DOS_DATE, 14);
      entry.writeUInt32LE(crc, 16);
      entry.writeUInt32LE(packed, 20);
      entry.writeUInt32LE(size, 24);
      entry.writeUInt16LE(name.length, 28);
      entry.writeUInt32LE(offset, 42);
      await this.#put(Buffer.concat([entry, name]));
    }
    const end = Buffer.alloc(22);
    end.writeUInt32LE(END, 0);
    end.writeUInt16LE(this.#done.length, 8);
    end.writeUInt16LE(this.#done.length, 10);
    end.writeUInt32LE(this.#at - from, 12);
    end.writeUInt32LE(from, 16);
    await this.#put(end);
  }

  async #put(bytes: Buffer): Promise<void> {
    this.#at += bytes.length;
    if (!this.#to.write(bytes)) await once(this.#to, 'drain');
  }
}
