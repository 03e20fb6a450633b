import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { OpenPrepayError } from '@openprepay/kernel';
import {
  type Database,
  importMeters,
  listMarkets,
  listMeters,
  meterSheet,
  openMarketClock,
  operatorByLogin,
  templateFile,
} from '@openprepay/server';
import { type Command, Option } from 'commander';
import { EXIT, type OutputOptions, print, printError } from '../output.ts';
import { addPlaceOptions, type PlaceOptions } from '../place.ts';
import { inStore } from '../store.ts';

interface MarketOptions extends PlaceOptions, OutputOptions {
  readonly market?: string;
}

interface ImportOptions extends MarketOptions {
  readonly dryRun?: boolean;
  readonly as: string;
  readonly badRows?: string;
}

const PAGE_SIZE = 200;

export function addMeterCommand(program: Command): void {
  const meter = program.command('meter').description('the register of meters');
  addMarketOptions(meter.command('list').description('every meter in service, and where it is'))
    .option('--text <text>', 'only those with it in serial, stall, gateway or address')
    .action((options: MarketOptions & { text?: string }) => inStore(options, ({ db }) => list(db, options)));
  meter
    .command('template')
    .description('write an Excel file to fill in, with an example and notes')
    .argument('<file>', 'where it goes; a file that is there is left alone')
    .addOption(new Option('--language <language>', 'of headings and notes').choices(['zh', 'en']).default('zh'))
    .option('--json', 'one JSON object')
    .action(writeTemplate);
  addMarketOptions(
    meter
      .command('import')
      .description('bring meters in from Excel; exit code 1 when a row was refused')
      .argument('<file>', 'an .xlsx file (docs/meters.md)'),
  )
    .option('--dry-run', 'only say what would happen')
    .option('--as <login>', 'in whose name it is done', 'admin')
    .option('--bad-rows <file>', 'where the refused rows go (default: beside the file)')
    .action((file: string, options: ImportOptions) => inStore(options, ({ db }) => bringIn(db, file, options)));
}

/** A market needs no file to be filled in for it, so neither does this need a database. */
async function writeTemplate(file: string, options: OutputOptions & { language: 'zh' | 'en' }): Promise<void> {
  try {
    const { base64 } = await templateFile(meterSheet, options.language);
    await writeFile(file, Buffer.from(base64, 'base64'), { flag: 'wx' });
    print(options, { file }, `written: ${file}`);
  } catch (error) {
    printError(options, error);
    process.exitCode = EXIT.failed;
  }
}

const addMarketOptions = (command: Command): Command =>
  addPlaceOptions(command)
    .option('--market <code>', 'which market; needed where there are several')
    .option('--json', 'one JSON object');

async function list(db: Database, options: MarketOptions & { text?: string }): Promise<void> {
  const marketId = await marketOf(db, options.market);
  const filter = options.text === undefined ? {} : { text: options.text };
  const pages = [await listMeters(db, marketId, { ...filter, pageSize: PAGE_SIZE })];
  const total = pages[0]?.total ?? 0;
  for (let page = 2; (page - 1) * PAGE_SIZE < total; page++) {
    pages.push(await listMeters(db, marketId, { ...filter, pageSize: PAGE_SIZE, page }));
  }
  const meters = pages.flatMap((page) => page.meters);
  const lines = meters.map(({ serial, model, stallCode, link, linkKey, busAddress, online }) =>
    [serial, model, stallCode ?? '-', link, linkKey, busAddress, online ? 'online' : 'offline'].join('  '),
  );
  print(options, { total, meters }, [...lines, `${total} meters`].join('\n'));
}

async function bringIn(db: Database, file: string, options: ImportOptions): Promise<void> {
  const marketId = await marketOf(db, options.market);
  const { operatorId } = await operatorByLogin(db, options.as);
  const { clock } = await openMarketClock(db);
  const { failedRows, ...result } = await importMeters(
    { db, clock },
    { marketId, operatorId },
    { fileName: basename(file), bytes: await readFile(file), dryRun: options.dryRun === true, language: 'en' },
  );
  const badRows = failedRows && (options.badRows ?? file.replace(/(\.xlsx)?$/i, '-errors.xlsx'));
  if (failedRows && badRows) await writeFile(badRows, Buffer.from(failedRows.base64, 'base64'));
  const lines = result.errors.map(
    ({ row, column, code, message }) => `row ${row}  ${column ?? ''}  ${message} [${code}]`,
  );
  const done = options.dryRun ? 'would be new' : 'new';
  const sum = `${result.created} ${done}, ${result.unchanged} there already, ${result.failed} refused`;
  print(options, { ...result, badRows }, [...lines, sum, ...(badRows ? [`refused rows: ${badRows}`] : [])].join('\n'));
  if (result.failed > 0) process.exitCode = EXIT.no;
}

async function marketOf(db: Database, code: string | undefined): Promise<string> {
  const markets = await listMarkets(db);
  const found = code === undefined ? markets : markets.filter((market) => market.code === code);
  const [market, second] = found;
  if (!market) throw new OpenPrepayError('cli.no_such_market', 404, `there is no market ${code ?? 'yet'}`);
  if (second)
    throw new OpenPrepayError('cli.which_market', 400, `say which: ${markets.map((one) => one.code).join(', ')}`);
  return market.marketId;
}
