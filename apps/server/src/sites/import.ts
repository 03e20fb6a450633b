import { fen, negateFen, uuidV7 } from '@openprepay/kernel';
import { openAccounts } from '../accounts/index.ts';
import {
  enterMeters,
  mustBeOpen,
  mustBePossible,
  mustBePossibleWherever,
  openBindings,
  saveGateways,
  saveNbProducts,
} from '../devices/index.ts';
import { type LedgerTransaction, post } from '../ledger/index.ts';
import type { Database, Tx } from '../platform/database.ts';
import { createPlans } from '../prices/index.ts';
import { sitesError } from './errors.ts';
import { parseSite, type Site } from './site.ts';
import { findMarketByCode, insertBuildings, insertMarket, insertStalls } from './store.ts';

export interface ImportedSite {
  readonly marketId: string;
  /** False when a market of this code was there already: then only its NB products and gateways were brought up to date. */
  readonly created: boolean;
}

/**
 * Brings a whole market in, or nothing of it. Everything begins at `at`: bindings, tenancies, opening balances.
 * @throws sites.bad_site, sites.named_twice, sites.unknown_name, sites.device_in_use, pricing.bad_rule, and what
 *   `mustBePossible`, `mustBePossibleWherever`, `mustBeOpen` and `enterMeters` of devices throw
 */
export async function importSite(db: Database, document: unknown, at: Date): Promise<ImportedSite> {
  const site = parseSite(document);
  const imported = await db.tx(async (tx) => {
    const marketId = await insertMarket(tx, uuidV7(at), at, site.market);
    const ofCode = marketId ?? (await findMarketByCode(tx, site.market.code));
    if (ofCode === null) throw sitesError('sites.no_such_market', `market ${site.market.code} went away meanwhile`);
    const refused = await saveNbProducts(tx, ofCode, site.nbProducts);
    if (refused !== null) throw sitesError('sites.device_in_use', `NB product ${refused} belongs to another market`);
    for (const gateway of site.gateways ?? []) mustBePossibleWherever(gateway);
    const taken = await saveGateways(tx, ofCode, at, site.gateways ?? []);
    if (taken !== null) throw sitesError('sites.device_in_use', `gateway ${taken} belongs to another market`);
    // Their gateways and products are there now.
    if (marketId !== null) await createEverything(tx, marketId, at, site);
    return { marketId: ofCode, created: marketId !== null };
  });
  // Without statistics PostgreSQL takes a market for one row, and its plans for a thousand stalls take minutes.
  if (imported.created) await db.query('analyze');
  return imported;
}

async function createEverything(tx: Tx, marketId: string, at: Date, site: Site): Promise<void> {
  const id = () => uuidV7(at);
  const buildingIds = new Map(site.buildings.map((building) => [building.name, id()]));
  const stallIds = new Map(site.stalls.map((stall) => [stall.code, id()]));
  await insertBuildings(tx, marketId, site.buildings, buildingIds);
  await insertStalls(tx, marketId, site.stalls, stallIds, buildingIds);

  const meters = site.stalls.flatMap((stall) =>
    stall.meters.map((meter) => {
      return { ...meter, access: meter.access ?? {}, meterId: id(), stallId: stallIds.get(stall.code) ?? '' };
    }),
  );
  for (const meter of meters) mustBePossible(meter);
  await mustBeOpen(tx, marketId, meters);
  await enterMeters(tx, marketId, at, meters);
  await openBindings(tx, marketId, at, meters);
  await createPlans(
    tx,
    marketId,
    site.pricePlans.map((plan) => ({
      ...plan,
      planId: id(),
      versions: plan.versions.map(({ validFrom, rule }) => ({ validFrom: new Date(validFrom), rule })),
    })),
  );
  await createAccounts(tx, marketId, at, site.accounts, stallIds);
  await tx.notify('grid', marketId);
}

async function createAccounts(
  tx: Tx,
  marketId: string,
  at: Date,
  siteAccounts: Site['accounts'],
  stallIds: ReadonlyMap<string, string>,
): Promise<void> {
  const accounts = siteAccounts.map((account) => ({
    accountId: uuidV7(at),
    number: account.number,
    customerName: account.customerName,
    phone: account.phone,
    creditLimitFen: fen(account.creditLimitFen),
    stallIds: account.stalls.flatMap((code) => stallIds.get(code) ?? []),
    openingFen: fen(account.openingBalanceFen),
  }));
  await openAccounts(tx, marketId, at, accounts);
  const opening = accounts
    .filter((account) => account.openingFen !== 0n)
    .map(({ accountId, openingFen }): LedgerTransaction => {
      return {
        txId: uuidV7(at),
        kind: 'opening_balance',
        idempotencyKey: `opening_balance:${accountId}`,
        businessAt: at,
        recordedAt: at,
        operatorId: null,
        memo: null,
        lines: [
          { ledgerAccount: 'purse.utility', accountId, amountFen: openingFen },
          { ledgerAccount: 'opening', accountId: null, amountFen: negateFen(openingFen) },
        ],
      };
    });
  if (opening.length > 0) await post(tx, marketId, opening);
}
