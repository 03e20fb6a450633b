import { approvalsRoutes } from './approvals/routes.ts';
import { collectorFrameEvents } from './collection/frames.ts';
import { collectionRoutes } from './collection/routes.ts';
import { controlRoutes } from './control/routes.ts';
import { counterRoutes } from './counter/routes.ts';
import { devicesRoutes } from './devices/routes.ts';
import { keyHolderOf } from './identity/api-keys.ts';
import { noteExport } from './identity/exported.ts';
import { identityRoutes, issuerRoutes } from './identity/routes.ts';
import { operatorOf } from './identity/sign-in.ts';
import { ledgerRoutes } from './ledger/routes.ts';
import { overviewRoutes } from './overview/routes.ts';
import type { Handlers } from './platform/handlers.ts';
import { healthRoutes } from './platform/health.ts';
import { pricesRoutes } from './prices/routes.ts';
import { proofRoutes } from './proof/routes.ts';
import { readingsRoutes } from './readings/routes.ts';
import { replacementRoutes } from './replacement/routes.ts';
import { settlementRoutes } from './settlement/routes.ts';
import { gridEvents } from './sites/grid-events.ts';
import { sitesRoutes } from './sites/routes.ts';
import { isWithin } from './sites/within.ts';
import { tenancyRoutes } from './tenancy/routes.ts';

/** Every route of the contract and the room that answers it; without an identity provider, unless the start puts one in. */
export const handlers: Handlers = {
  ...healthRoutes,
  ...identityRoutes,
  ...issuerRoutes(null),
  ...sitesRoutes,
  ...ledgerRoutes,
  ...pricesRoutes,
  ...proofRoutes,
  ...counterRoutes,
  ...approvalsRoutes,
  ...controlRoutes,
  ...readingsRoutes,
  ...settlementRoutes,
  ...devicesRoutes,
  ...collectionRoutes,
  ...replacementRoutes,
  ...tenancyRoutes,
  ...overviewRoutes,
  operatorOf,
  keyHolderOf,
  noteExport,
  isWithin,
  gridEvents,
  collectorFrameEvents,
};
