import { readFile } from 'node:fs/promises';
import {
  loadConventions,
  openMarketClock,
  operatorByLogin,
  type Store,
  saveConventions,
  silentLog,
} from '@openprepay/server';
import type { Command } from 'commander';
import { type OutputOptions, print } from '../output.ts';
import { addPlaceOptions, type PlaceOptions } from '../place.ts';
import { inStore } from '../store.ts';

type Options = PlaceOptions & OutputOptions;

export function addDtuCommand(program: Command): void {
  const dtu = program.command('dtu').description('how serial modems say who they are');
  addPlaceOptions(dtu.command('list').description('the conventions in force, in the order in which they are tried'))
    .option('--json', 'one JSON object')
    .action((options: Options) => inStore(options, (store) => list(store, options)));
  addPlaceOptions(
    dtu
      .command('set')
      .description('put the conventions of a file in the place of the installation’s own; the usual ones stay')
      .argument('<file>', 'a JSON list (docs/links.md)'),
  )
    .option('--as <login>', 'in whose name it is done', 'admin')
    .option('--json', 'one JSON object')
    .action((file: string, options: Options & { as: string }) =>
      inStore(options, async (store) => {
        const { operatorId } = await operatorByLogin(store.db, options.as);
        const { clock } = await openMarketClock(store.db);
        await saveConventions({ db: store.db, clock }, operatorId, JSON.parse(await readFile(file, 'utf8')));
        await list(store, options);
      }),
    );
}

async function list({ db }: Store, options: OutputOptions): Promise<void> {
  const conventions = await loadConventions({ db, log: silentLog });
  const lines = conventions.map(({ name, register, on, heartbeats }) =>
    [name, JSON.stringify(register), on, ...heartbeats].join('  '),
  );
  print(options, { conventions }, lines.join('\n'));
}
