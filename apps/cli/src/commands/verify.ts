import {
  type Check,
  listMarkets,
  openMarketClock,
  silentLog,
  verifyInstallation,
  verifyMarket,
  visitStore,
} from '@openprepay/server';
import type { Command } from 'commander';
import { EXIT, type OutputOptions, print, printError } from '../output.ts';
import { addPlaceOptions, type PlaceOptions, placeOf } from '../place.ts';

type VerifyOptions = PlaceOptions & OutputOptions;

export function addVerifyCommand(program: Command): void {
  addPlaceOptions(
    program
      .command('verify')
      .description(
        'prove the books: ledger sums, purse balances, every charge from its readings, no command left without outcome, no entry of the audit altered',
      ),
  )
    .option('--json', 'one JSON object')
    .action(run);
}

async function run(options: VerifyOptions): Promise<void> {
  try {
    const store = await visitStore({ ...placeOf(options), log: silentLog });
    try {
      const { clock } = await openMarketClock(store.db);
      const markets = [];
      for (const market of await listMarkets(store.db)) {
        markets.push({
          market: market.name,
          marketId: market.marketId,
          checks: await verifyMarket(store.db, clock, market.marketId),
        });
      }
      const installation = await verifyInstallation(store.db, clock);
      // Of nothing nothing is proved: the folder or the address may be the wrong one.
      const ok =
        markets.length > 0 &&
        [{ checks: installation }, ...markets].every(({ checks }) => checks.every((check) => check.ok));
      const sections = [...markets, { market: 'Operators, keys and signing in', checks: installation }];
      const text = sections.map(({ market, checks }) => [market, ...checks.flatMap(linesOf)].join('\n')).join('\n\n');
      print(
        options,
        { ok, markets, installation },
        `${text}\n\n${ok ? 'All is proved.' : markets.length === 0 ? 'There is no market here.' : 'Not everything adds up.'}`.trim(),
      );
      process.exitCode = ok ? EXIT.done : EXIT.no;
    } finally {
      await store.close();
    }
  } catch (error) {
    printError(options, error);
    process.exitCode = EXIT.failed;
  }
}

function linesOf(check: Check): string[] {
  const head = `  ${check.ok ? '✓' : '✗'} ${check.name} (${check.checked})`;
  return [head, ...check.problems.map((problem) => `      ${problem}`)];
}
