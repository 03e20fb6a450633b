import { openMarketClock, renewPassword, silentLog, visitStore } from '@openprepay/server';
import type { Command } from 'commander';
import { EXIT, type OutputOptions, print, printError } from '../output.ts';
import { addPlaceOptions, type PlaceOptions, placeOf } from '../place.ts';

export function addOperatorCommand(program: Command): void {
  const operator = program.command('operator').description('who may sign in');
  addPlaceOptions(
    operator
      .command('new-password')
      .description('give an operator who lost it a new password, shown this once, and end his sessions')
      .argument('<login>', 'for example admin'),
  )
    .option('--json', 'one JSON object')
    .action(async (login: string, options: PlaceOptions & OutputOptions) => {
      try {
        const store = await visitStore({ ...placeOf(options), log: silentLog });
        try {
          const { clock } = await openMarketClock(store.db);
          const password = await renewPassword(store.db, clock, login);
          print(options, { login, password }, `login     ${login}\npassword  ${password}`);
        } finally {
          await store.close();
        }
      } catch (error) {
        printError(options, error);
        process.exitCode = EXIT.failed;
      }
    });
}
