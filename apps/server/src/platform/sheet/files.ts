import { type WorkbookCell, type WorkbookRow, writeWorkbook } from '../workbook.ts';
import { inWords, type RowError, type SheetForm, type SheetLanguage } from './form.ts';

const WIDTH = 18;
const ERROR_WIDTH = 60;

export interface ExcelBytes {
  readonly fileName: string;
  readonly base64: string;
}

const ERROR_HEADING: Readonly<Record<SheetLanguage, string>> = { zh: '错误', en: 'Errors' };

/** A sheet with the headings and an example, and one that says what goes where. A star marks what must be given. */
export async function templateFile<C extends string>(
  { columns, required, words, names, example }: SheetForm<C, string>,
  language: SheetLanguage,
): Promise<ExcelBytes> {
  const headings = columns.map((column) => words[language][column].heading + (required.includes(column) ? ' *' : ''));
  const bytes = await writeWorkbook([
    {
      name: names[language].sheet,
      headRows: 1,
      widths: columns.map(() => WIDTH),
      rows: [headings, columns.map((column) => example[language][column])],
    },
    {
      name: names[language].notes,
      headRows: 0,
      widths: [WIDTH, ERROR_WIDTH],
      rows: columns.map((column, index) => [headings[index] ?? column, words[language][column].note]),
    },
  ]);
  return { fileName: names[language].file, base64: toBase64(bytes) };
}

/** The rows with errors as they were, each with all that is wrong behind it. */
export async function failedRowsFile<C extends string, E extends string>(
  form: SheetForm<C, E>,
  fileName: string,
  sheet: readonly WorkbookRow[],
  errors: readonly RowError<C, E>[],
  language: SheetLanguage,
): Promise<ExcelBytes> {
  const [heading = []] = sheet;
  const byRow = Map.groupBy(errors, (error) => error.row);
  const rows = [...byRow.keys()]
    .toSorted((a, b) => a - b)
    .map((row) => {
      const cells = heading.map((_, index) => cellText(sheet[row - 1]?.[index] ?? null));
      return [...cells, (byRow.get(row) ?? []).map((error) => inWords(form, error, language)).join('; ')];
    });
  const bytes = await writeWorkbook([
    {
      name: form.names[language].sheet,
      headRows: 1,
      widths: [...heading.map(() => WIDTH), ERROR_WIDTH],
      rows: [[...heading.map(cellText), ERROR_HEADING[language]], ...rows],
    },
  ]);
  return { fileName: fileName.replace(/(\.xlsx)?$/i, '-errors.xlsx'), base64: toBase64(bytes) };
}

const cellText = (cell: WorkbookCell): string => (cell instanceof Date ? cell.toISOString() : String(cell ?? ''));
const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
