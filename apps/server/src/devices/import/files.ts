import { type WorkbookCell, type WorkbookRow, writeWorkbook } from '../../platform/workbook.ts';
import { COLUMNS, EXAMPLE, type Language, REQUIRED, WORDS } from './columns.ts';
import type { RowError } from './rows.ts';
import { inWords } from './words.ts';

const WIDTH = 18;
const ERROR_WIDTH = 60;

export interface ExcelBytes {
  readonly fileName: string;
  readonly base64: string;
}

const NAMES: Readonly<Record<Language, { readonly sheet: string; readonly notes: string; readonly file: string }>> = {
  zh: { sheet: '仪表', notes: '填写说明', file: '仪表导入模板.xlsx' },
  en: { sheet: 'Meters', notes: 'How to fill in', file: 'meters-template.xlsx' },
};
const ERROR_HEADING: Readonly<Record<Language, string>> = { zh: '错误', en: 'Errors' };

/** A sheet with the headings and an example, and one that says what goes where. A star marks what must be given. */
export async function templateFile(language: Language): Promise<ExcelBytes> {
  const words = WORDS[language];
  const headings = COLUMNS.map((column) => words[column].heading + (REQUIRED.includes(column) ? ' *' : ''));
  const bytes = await writeWorkbook([
    {
      name: NAMES[language].sheet,
      headRows: 1,
      widths: COLUMNS.map(() => WIDTH),
      rows: [headings, COLUMNS.map((column) => EXAMPLE[language][column])],
    },
    {
      name: NAMES[language].notes,
      headRows: 0,
      widths: [WIDTH, ERROR_WIDTH],
      rows: COLUMNS.map((column, index) => [headings[index] ?? column, words[column].note]),
    },
  ]);
  return { fileName: NAMES[language].file, base64: toBase64(bytes) };
}

/** The rows with errors as they were, each with all that is wrong behind it. */
export async function failedRowsFile(
  fileName: string,
  sheet: readonly WorkbookRow[],
  errors: readonly RowError[],
  language: Language,
): Promise<ExcelBytes> {
  const [heading = []] = sheet;
  const byRow = Map.groupBy(errors, (error) => error.row);
  const rows = [...byRow.keys()]
    .toSorted((a, b) => a - b)
    .map((row) => {
      const cells = heading.map((_, index) => cellText(sheet[row - 1]?.[index] ?? null));
      return [...cells, (byRow.get(row) ?? []).map((error) => inWords(error, language)).join('; ')];
    });
  const bytes = await writeWorkbook([
    {
      name: NAMES[language].sheet,
      headRows: 1,
      widths: [...heading.map(() => WIDTH), ERROR_WIDTH],
      rows: [[...heading.map(cellText), ERROR_HEADING[language]], ...rows],
    },
  ]);
  return { fileName: fileName.replace(/(\.xlsx)?$/i, '-errors.xlsx'), base64: toBase64(bytes) };
}

const cellText = (cell: WorkbookCell): string => (cell instanceof Date ? cell.toISOString() : String(cell ?? ''));
const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
