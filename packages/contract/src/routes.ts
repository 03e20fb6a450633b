import Type from 'typebox';
import { accountImportRoutes } from './account-import.ts';
import { accountsRoutes } from './accounts.ts';
import { approvalsRoutes } from './approvals.ts';
import { auditRoutes } from './audit.ts';
import { chargesRoutes } from './charges.ts';
import { collectionRoutes } from './collection.ts';
import { controlRoutes } from './control.ts';
import { counterRoutes } from './counter.ts';
import { counterBooksRoutes } from './counter-books.ts';
import { devicesRoutes } from './devices.ts';
import { exceptionsRoutes } from './exceptions.ts';
import { gatewaysRoutes } from './gateways.ts';
import { holdsRoutes } from './holds.ts';
import { identityRoutes } from './identity.ts';
import { issuerRoutes } from './issuer.ts';
import { keptListsRoutes } from './kept-lists.ts';
import { ledgerRoutes } from './ledger.ts';
import { marketTermsRoutes } from './market-terms.ts';
import { massSwitchRoutes } from './mass-switch.ts';
import { meterImportRoutes } from './meter-import.ts';
import { nbProductsRoutes } from './nb-products.ts';
import { noticesRoutes } from './notices.ts';
import { overviewRoutes } from './overview.ts';
import { pricesRoutes } from './prices.ts';
import { proofRoutes } from './proof.ts';
import { readBatchRoutes } from './read-batch.ts';
import { readingsRoutes } from './readings.ts';
import { defineRoute, ROLES } from './route.ts';
import { Grid, Id, Instant, Market, OverrideRequest, StallDetail } from './schemas.ts';
import { settlementRoutes } from './settlement.ts';
import { staffRoutes } from './staff.ts';
import { stallsRoutes } from './stalls.ts';
import { unclaimedRoutes } from './unclaimed.ts';
import { wireRoutes } from './wire.ts';

const inMarket = Type.Object({ marketId: Id });
const Nothing = Type.Null();

export const routes = {
  health: defineRoute({
    method: 'GET',
    path: '/api/health',
    summary: 'Whether the program and its database answer',
    roles: 'public',
    response: Type.Object({ ok: Type.Boolean(), version: Type.String() }),
  }),
  markets: defineRoute({
    method: 'GET',
    path: '/api/markets',
    summary: 'The markets this operator may see, and the market clock',
    roles: ROLES,
    scope: 'building',
    response: Type.Object({ at: Instant, clockSpeed: Type.Number(), markets: Type.Array(Market) }),
  }),
  grid: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/grid',
    summary: 'Every stall with its state',
    roles: ROLES,
    scope: 'building',
    params: inMarket,
    response: Grid,
  }),
  stall: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/stalls/:stallId',
    summary: 'One stall: account, purses, meters with readings and commands, ledger lines',
    roles: ROLES,
    scope: 'building',
    params: Type.Object({ marketId: Id, stallId: Id }),
    response: StallDetail,
  }),
  setOverride: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/meters/:meterId/override',
    summary: 'Set a meter to auto, forced on or forced off, with a reason',
    roles: ['admin', 'technician'],
    scope: 'building',
    params: Type.Object({ marketId: Id, meterId: Id }),
    body: OverrideRequest,
    response: Nothing,
  }),
  ...identityRoutes,
  ...staffRoutes,
  ...issuerRoutes,
  ...keptListsRoutes,
  ...auditRoutes,
  ...controlRoutes,
  ...massSwitchRoutes,
  ...counterRoutes,
  ...counterBooksRoutes,
  ...ledgerRoutes,
  ...pricesRoutes,
  ...proofRoutes,
  ...accountsRoutes,
  ...marketTermsRoutes,
  ...accountImportRoutes,
  ...approvalsRoutes,
  ...stallsRoutes,
  ...devicesRoutes,
  ...gatewaysRoutes,
  ...unclaimedRoutes,
  ...nbProductsRoutes,
  ...meterImportRoutes,
  ...exceptionsRoutes,
  ...readingsRoutes,
  ...holdsRoutes,
  ...readBatchRoutes,
  ...settlementRoutes,
  ...chargesRoutes,
  ...noticesRoutes,
  ...collectionRoutes,
  ...wireRoutes,
  ...overviewRoutes,
} as const;

export type Routes = typeof routes;
export type RouteName = keyof Routes;

/** Server-sent events, beside the routes: `event: grid`, data a GridChange, on every change, at most four a second. */
export const gridEventsPath = '/api/markets/:marketId/grid/events';
