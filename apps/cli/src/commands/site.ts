import { readFile } from 'node:fs/promises';
import { importSite, silentLog, visitStore } from '@openprepay/server';
import type { Command } from 'commander';
import { EXIT, type OutputOptions, print, printError } from '../output.ts';
import { addPlaceOptions, type PlaceOptions, placeOf } from '../place.ts';

export function addSiteCommand(program: Command): void {
  const site = program.command('site').description('markets as files');
  addPlaceOptions(
    site
      .command('import')
      .description('create a market with its buildings, stalls, meters, prices and accounts from a site file')
      .argument('<file>', 'site file, JSON (docs/site-file.md)'),
  )
    .option('--json', 'one JSON object')
    .action(async (file: string, options: PlaceOptions & OutputOptions) => {
      try {
        const content: unknown = JSON.parse(await readFile(file, 'utf8'));
        const store = await visitStore({ ...placeOf(options), log: silentLog });
        try {
          const result = await importSite(store.db, content, new Date());
          print(
            options,
            result,
            result.created ? `Market created: ${result.marketId}` : `Market was there already: ${result.marketId}`,
          );
        } finally {
          await store.close();
        }
      } catch (error) {
        printError(options, error);
        process.exitCode = EXIT.failed;
      }
    });
}
