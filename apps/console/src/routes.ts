import type { RouteRecordRaw } from 'vue-router';
import { operator } from './session.ts';
import { firstPageOf } from './shell/menu.ts';

const home = () => import('./home/HomePage.vue');

/** Every page there is. */
export const routes: RouteRecordRaw[] = [
  { path: '/sign-in', name: 'sign-in', component: () => import('./shell/SignInPage.vue') },
  // Where an identity provider sends the browser back to; the server tells it this address.
  { path: '/sign-in/answer', name: 'sign-in-answer', component: () => import('./shell/SignInPage.vue') },
  // Outside the shell: what must be done first is done before any market is seen.
  { path: '/account', name: 'my-account', component: () => import('./account/AccountPage.vue') },
  // From nothing to the first sale: at first there is no market to have a menu.
  { path: '/welcome', name: 'welcome', component: () => import('./welcome/WelcomePage.vue') },
  // Nothing but the market: for a screen that hangs on a wall.
  { path: '/wall', name: 'wall', component: () => import('./wall/WallPage.vue') },
  {
    path: '/',
    component: () => import('./shell/AppShell.vue'),
    children: [
      { path: '', component: home, beforeEnter: () => ({ name: firstPageOf(operator.value?.role) }) },
      { path: 'home', name: 'home', component: home },
      {
        path: 'stalls',
        name: 'stalls',
        component: () => import('./grid/GridPage.vue'),
        // The stall opens beside the grid, which stays as it is: same filter, same place.
        children: [{ path: ':stallId', name: 'stall', props: true, component: () => import('./stall/StallPanel.vue') }],
      },
      {
        path: 'stall-register',
        name: 'stall-register',
        component: () => import('./stalls/StallRegisterPage.vue'),
      },
      { path: 'accounts', name: 'accounts', component: () => import('./accounts/AccountsPage.vue') },
      { path: 'accounts/bulk', name: 'accounts-bulk', component: () => import('./accounts/BulkOpenPage.vue') },
      {
        path: 'accounts/:accountId',
        name: 'account',
        props: true,
        component: () => import('./accounts/AccountPage.vue'),
      },
      {
        path: 'accounts/:accountId/move-outs/:moveOutId',
        name: 'move-out',
        props: true,
        component: () => import('./accounts/MoveOutPage.vue'),
      },
      { path: 'cashier', name: 'cashier', component: () => import('./cashier/CashierPage.vue') },
      { path: 'receipts', name: 'receipts', component: () => import('./receipts/ReceiptsPage.vue') },
      { path: 'receipts/:txId', name: 'receipt', props: true, component: () => import('./receipts/ReceiptPage.vue') },
      {
        path: 'shifts',
        component: () => import('./shifts/CounterBooksPage.vue'),
        children: [
          { path: '', name: 'shifts', component: () => import('./shifts/ShiftsPage.vue') },
          { path: 'days', name: 'counter-days', component: () => import('./shifts/DaysPage.vue') },
        ],
      },
      { path: 'reports/sales', name: 'sales', component: () => import('./reports/SalesPage.vue') },
      {
        path: 'accounts/:accountId/statement',
        name: 'statement',
        props: true,
        component: () => import('./statement/StatementPage.vue'),
      },
      { path: 'meters', name: 'meters', component: () => import('./meters/MetersPage.vue') },
      { path: 'meters/:meterId', name: 'meter', props: true, component: () => import('./meters/MeterPage.vue') },
      { path: 'gateways', name: 'gateways', component: () => import('./meters/GatewaysPage.vue') },
      { path: 'platforms', name: 'platforms', component: () => import('./platforms/PlatformsPage.vue') },
      { path: 'field', name: 'field', component: () => import('./field/FieldPage.vue') },
      {
        path: 'collector',
        component: () => import('./collector/CollectorPage.vue'),
        children: [
          { path: '', name: 'collector', redirect: { name: 'collector-sessions' } },
          {
            path: 'sessions',
            name: 'collector-sessions',
            component: () => import('./collector/SessionsPage.vue'),
            // The first tab of those who look after some buildings: connections are the market's.
            beforeEnter: () => operator.value?.scope.kind !== 'buildings' || { name: 'collector-sweep' },
          },
          { path: 'frames', name: 'collector-frames', component: () => import('./collector/FramesPage.vue') },
          { path: 'events', name: 'collector-events', component: () => import('./collector/EventsPage.vue') },
          { path: 'sweep', name: 'collector-sweep', component: () => import('./collector/SweepPage.vue') },
          { path: 'lost', name: 'collector-lost', component: () => import('./collector/LostPage.vue') },
          { path: 'clocks', name: 'collector-clocks', component: () => import('./collector/ClocksPage.vue') },
        ],
      },
      {
        path: 'exceptions',
        component: () => import('./exceptions/ExceptionsPage.vue'),
        children: [
          { path: '', name: 'exceptions', component: () => import('./exceptions/UnreachedPage.vue') },
          { path: 'holds', name: 'holds', component: () => import('./exceptions/HoldsPage.vue') },
        ],
      },
      { path: 'notices', name: 'notices', component: () => import('./lists/NoticesPage.vue') },
      { path: 'charges', name: 'charges', component: () => import('./charges/ChargesPage.vue') },
      { path: 'ledger', name: 'ledger', component: () => import('./charges/LedgerPage.vue') },
      { path: 'unclaimed', name: 'unclaimed', component: () => import('./meters/UnclaimedPage.vue') },
      { path: 'proof/:txId', name: 'proof', props: true, component: () => import('./proof/ProofPage.vue') },
      { path: 'prices', name: 'prices', component: () => import('./prices/PricesPage.vue') },
      {
        path: 'prices/:planId',
        name: 'price-plan',
        props: true,
        component: () => import('./prices/PlanPage.vue'),
      },
      { path: 'emergency', name: 'emergency', component: () => import('./safety/EmergencyPage.vue') },
      {
        path: 'batch',
        component: () => import('./batch/BatchPage.vue'),
        children: [
          { path: '', name: 'batch', component: () => import('./batch/MassesPage.vue') },
          { path: 'reads', name: 'read-batches', component: () => import('./batch/ReadBatchesPage.vue') },
        ],
      },
      { path: 'batch/new', name: 'batch-new', component: () => import('./batch/NewBatchPage.vue') },
      { path: 'batch/read/new', name: 'read-batch-new', component: () => import('./batch/NewReadPage.vue') },
      {
        path: 'batch/read/:batchId',
        name: 'read-batch',
        props: true,
        component: () => import('./batch/ReadBatchPage.vue'),
      },
      {
        path: 'batch/:massId',
        name: 'batch-detail',
        props: true,
        component: () => import('./batch/BatchDetailPage.vue'),
      },
      { path: 'settings', name: 'settings', component: () => import('./settings/SettingsPage.vue') },
      // Pages of their own once; links to them are kept.
      { path: 'buildings', redirect: { name: 'settings', hash: '#buildings' } },
      { path: 'switching', redirect: { name: 'settings', hash: '#ladder' } },
      {
        path: 'approvals',
        component: () => import('./approvals/ApprovalsPage.vue'),
        children: [
          { path: '', name: 'approvals', component: () => import('./approvals/WaitingPage.vue') },
          { path: 'decided', name: 'approvals-decided', component: () => import('./approvals/DecidedPage.vue') },
        ],
      },
      { path: 'operators', name: 'operators', component: () => import('./staff/OperatorsPage.vue') },
      { path: 'api-keys', name: 'api-keys', component: () => import('./staff/KeysPage.vue') },
      { path: 'audit', name: 'audit', component: () => import('./staff/AuditPage.vue') },
      { path: ':rest(.*)*', name: 'not-found', component: () => import('./shell/NotFoundPage.vue') },
    ],
  },
];
