import type { ExportRequest } from './list-export.ts';
import type { RouteBody, RouteParams, RouteQuery, RouteResponse } from './route.ts';
import type { RouteName, Routes } from './routes.ts';
import type { Problem } from './schemas.ts';

type Given<K extends string, T> = undefined extends T ? unknown : { readonly [key in K]: T };
/** What a call of route N takes: its params, query and body, where it has them. */
export type CallInput<N extends RouteName> = Given<'params', RouteParams<Routes[N]>> &
  Given<'query', RouteQuery<Routes[N]>> &
  Given<'body', RouteBody<Routes[N]>>;

/** A refused call: the server's problem document, or `client.unreachable` when there was no answer. */
export class CallError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = 'CallError';
    this.problem = problem;
  }
}

/** The routes' methods and paths, without their schemas, so that a browser bundle needs no validator. */
export type RouteTable = { readonly [N in RouteName]: readonly [method: Routes[N]['method'], path: Routes[N]['path']] };

export const routeTable: RouteTable = {
  health: ['GET', '/api/health'],
  signIn: ['POST', '/api/sign-in'],
  signInCode: ['POST', '/api/sign-in/code'],
  signInWays: ['GET', '/api/sign-in/ways'],
  beginIssuerSignIn: ['POST', '/api/sign-in/issuer'],
  finishIssuerSignIn: ['POST', '/api/sign-in/issuer/answer'],
  signOut: ['POST', '/api/sign-out'],
  me: ['GET', '/api/me'],
  changeMyPassword: ['POST', '/api/me/password'],
  mySessions: ['GET', '/api/me/sessions'],
  keepMySession: ['POST', '/api/me/sessions/kept'],
  endMySession: ['DELETE', '/api/me/sessions/:sessionId'],
  mySecondFactor: ['GET', '/api/me/second-factor'],
  myLink: ['GET', '/api/me/link'],
  enrolSecondFactor: ['POST', '/api/me/second-factor'],
  confirmSecondFactor: ['POST', '/api/me/second-factor/confirmation'],
  renewRecoveryCodes: ['POST', '/api/me/second-factor/recovery-codes'],
  removeSecondFactor: ['POST', '/api/me/second-factor/removal'],
  myLists: ['GET', '/api/me/lists'],
  keepMyList: ['PUT', '/api/me/lists/:list'],
  operators: ['GET', '/api/operators'],
  createOperator: ['POST', '/api/operators'],
  updateOperator: ['PUT', '/api/operators/:operatorId'],
  changeRole: ['PUT', '/api/operators/:operatorId/role'],
  resetPassword: ['POST', '/api/operators/:operatorId/password'],
  resetSecondFactor: ['POST', '/api/operators/:operatorId/second-factor/removal'],
  endSessions: ['POST', '/api/operators/:operatorId/sessions/end'],
  unlockOperator: ['POST', '/api/operators/:operatorId/unlock'],
  linkOperator: ['PUT', '/api/operators/:operatorId/link'],
  unlinkOperator: ['DELETE', '/api/operators/:operatorId/link'],
  scopeChoices: ['GET', '/api/scope-choices'],
  signInPolicy: ['GET', '/api/sign-in-policy'],
  setSignInPolicy: ['PUT', '/api/sign-in-policy'],
  apiKeys: ['GET', '/api/api-keys'],
  createApiKey: ['POST', '/api/api-keys'],
  revokeApiKey: ['POST', '/api/api-keys/:keyId/revocation'],
  audit: ['GET', '/api/markets/:marketId/audit'],
  installationAudit: ['GET', '/api/audit'],
  markets: ['GET', '/api/markets'],
  createMarket: ['POST', '/api/markets'],
  renameMarket: ['PUT', '/api/markets/:marketId/name'],
  setFirstPrice: ['PUT', '/api/markets/:marketId/first-prices/:kind'],
  setUp: ['GET', '/api/markets/:marketId/set-up'],
  grid: ['GET', '/api/markets/:marketId/grid'],
  overview: ['GET', '/api/markets/:marketId/overview'],
  stall: ['GET', '/api/markets/:marketId/stalls/:stallId'],
  stalls: ['GET', '/api/markets/:marketId/stalls'],
  createStall: ['POST', '/api/markets/:marketId/stalls'],
  updateStall: ['PUT', '/api/markets/:marketId/stalls/:stallId'],
  deleteStall: ['DELETE', '/api/markets/:marketId/stalls/:stallId'],
  importStallsTemplate: ['GET', '/api/markets/:marketId/stall-imports/template'],
  importStalls: ['POST', '/api/markets/:marketId/stall-imports'],
  stallImports: ['GET', '/api/markets/:marketId/stall-imports'],
  undoStallImport: ['POST', '/api/markets/:marketId/stall-imports/:importId/undo'],
  topUp: ['POST', '/api/markets/:marketId/accounts/:accountId/top-ups'],
  takeDeposit: ['POST', '/api/markets/:marketId/accounts/:accountId/deposits'],
  customers: ['GET', '/api/markets/:marketId/counter/customers'],
  receipts: ['GET', '/api/markets/:marketId/receipts'],
  receipt: ['GET', '/api/markets/:marketId/receipts/:txId'],
  reprintReceipt: ['POST', '/api/markets/:marketId/receipts/:txId/reprints'],
  reverseSale: ['POST', '/api/markets/:marketId/receipts/:txId/reversal'],
  currentShift: ['GET', '/api/markets/:marketId/shifts/current'],
  shifts: ['GET', '/api/markets/:marketId/shifts'],
  openShift: ['POST', '/api/markets/:marketId/shifts'],
  closeShift: ['POST', '/api/markets/:marketId/shifts/:shiftId/close'],
  counterDays: ['GET', '/api/markets/:marketId/counter-days'],
  closeDay: ['POST', '/api/markets/:marketId/counter-days/:day/close'],
  salesReport: ['GET', '/api/markets/:marketId/reports/sales'],
  ledger: ['GET', '/api/markets/:marketId/ledger'],
  accountStatement: ['GET', '/api/markets/:marketId/accounts/:accountId/statement'],
  proof: ['GET', '/api/markets/:marketId/transactions/:txId/proof'],
  pricePlans: ['GET', '/api/markets/:marketId/price-plans'],
  pricePlan: ['GET', '/api/markets/:marketId/price-plans/:planId'],
  createPricePlan: ['PUT', '/api/markets/:marketId/price-plans/:planId'],
  savePriceDraft: ['PUT', '/api/markets/:marketId/price-plans/:planId/drafts/:draftId'],
  discardPriceDraft: ['DELETE', '/api/markets/:marketId/price-plans/:planId/drafts/:draftId'],
  makeDefaultPlan: ['POST', '/api/markets/:marketId/price-plans/:planId/default'],
  shadowRun: ['GET', '/api/markets/:marketId/price-plans/:planId/drafts/:draftId/shadow'],
  gridPrices: ['GET', '/api/markets/:marketId/grid-prices'],
  putGridPrice: ['PUT', '/api/markets/:marketId/grid-prices/:kind/:month'],
  setPriceCap: ['PUT', '/api/markets/:marketId/price-cap'],
  accountBalance: ['GET', '/api/markets/:marketId/accounts/:accountId/balance'],
  balanceEstimate: ['GET', '/api/markets/:marketId/accounts/:accountId/balance-estimate'],
  accounts: ['GET', '/api/markets/:marketId/accounts'],
  importAccountsTemplate: ['GET', '/api/markets/:marketId/account-imports/template'],
  importAccounts: ['POST', '/api/markets/:marketId/account-imports'],
  vacantStalls: ['GET', '/api/markets/:marketId/vacant-stalls'],
  marketTerms: ['GET', '/api/markets/:marketId/terms'],
  setMarketTerms: ['PUT', '/api/markets/:marketId/terms'],
  account: ['GET', '/api/markets/:marketId/accounts/:accountId'],
  openAccounts: ['POST', '/api/markets/:marketId/accounts'],
  openPrepared: ['POST', '/api/markets/:marketId/accounts/:accountId/open'],
  closeAccount: ['POST', '/api/markets/:marketId/accounts/:accountId/close'],
  transferStalls: ['POST', '/api/markets/:marketId/accounts/:accountId/transfers'],
  moveOuts: ['GET', '/api/markets/:marketId/accounts/:accountId/move-outs'],
  setCredit: ['PUT', '/api/markets/:marketId/accounts/:accountId/credit'],
  setDeposit: ['PUT', '/api/markets/:marketId/accounts/:accountId/deposit'],
  setEmergencyCredit: ['PUT', '/api/markets/:marketId/accounts/:accountId/emergency-credit'],
  takeEmergencyCredit: ['POST', '/api/markets/:marketId/accounts/:accountId/emergency-credit/taking'],
  setAccountPlans: ['PUT', '/api/markets/:marketId/accounts/:accountId/plans'],
  setAccountMode: ['PUT', '/api/markets/:marketId/accounts/:accountId/mode'],
  moveToDebt: ['POST', '/api/markets/:marketId/accounts/:accountId/debts'],
  approvals: ['GET', '/api/markets/:marketId/approvals'],
  approval: ['GET', '/api/markets/:marketId/approvals/:approvalId'],
  requestApproval: ['POST', '/api/markets/:marketId/approvals'],
  decideApproval: ['POST', '/api/markets/:marketId/approvals/:approvalId/decision'],
  withdrawApproval: ['POST', '/api/markets/:marketId/approvals/:approvalId/withdrawal'],
  setOverride: ['PUT', '/api/markets/:marketId/meters/:meterId/override'],
  lockOut: ['POST', '/api/markets/:marketId/meters/:meterId/lockout'],
  liftLockout: ['POST', '/api/markets/:marketId/meters/:meterId/lockout/lift'],
  siteEmergency: ['GET', '/api/markets/:marketId/emergency'],
  cutSite: ['POST', '/api/markets/:marketId/emergency'],
  restoreSite: ['POST', '/api/markets/:marketId/emergency/lift'],
  alarmLadder: ['GET', '/api/markets/:marketId/alarm-ladder'],
  setAlarmLadder: ['PUT', '/api/markets/:marketId/alarm-ladder'],
  switchingRules: ['GET', '/api/markets/:marketId/switching-rules'],
  setSwitchingRules: ['PUT', '/api/markets/:marketId/switching-rules'],
  switchWhy: ['GET', '/api/markets/:marketId/meters/:meterId/why'],
  cutCalendar: ['GET', '/api/markets/:marketId/cut-calendar'],
  putFriendlyHours: ['PUT', '/api/markets/:marketId/cut-calendar/friendly-hours/:hoursId'],
  deleteFriendlyHours: ['DELETE', '/api/markets/:marketId/cut-calendar/friendly-hours/:hoursId'],
  putHoliday: ['PUT', '/api/markets/:marketId/cut-calendar/holidays/:holidayId'],
  deleteHoliday: ['DELETE', '/api/markets/:marketId/cut-calendar/holidays/:holidayId'],
  protectStallType: ['PUT', '/api/markets/:marketId/cut-calendar/protected-types/:stallType'],
  unprotectStallType: ['DELETE', '/api/markets/:marketId/cut-calendar/protected-types/:stallType'],
  previewMass: ['POST', '/api/markets/:marketId/mass-switches/preview'],
  startMass: ['POST', '/api/markets/:marketId/mass-switches'],
  massSwitches: ['GET', '/api/markets/:marketId/mass-switches'],
  massSwitch: ['GET', '/api/markets/:marketId/mass-switches/:massId'],
  cancelMass: ['POST', '/api/markets/:marketId/mass-switches/:massId/cancel'],
  retryMass: ['POST', '/api/markets/:marketId/mass-switches/:massId/retry'],
  exceptions: ['GET', '/api/markets/:marketId/exceptions'],
  holds: ['GET', '/api/markets/:marketId/holds'],
  releaseHold: ['POST', '/api/markets/:marketId/holds/:holdId/release'],
  meterReadings: ['GET', '/api/markets/:marketId/meters/:meterId/readings'],
  manualReading: ['POST', '/api/markets/:marketId/meters/:meterId/manual-readings'],
  readingPhoto: ['GET', '/api/markets/:marketId/photos/:photoId'],
  importReadings: ['POST', '/api/markets/:marketId/readings/import'],
  previewRead: ['POST', '/api/markets/:marketId/read-batches/preview'],
  startRead: ['POST', '/api/markets/:marketId/read-batches'],
  readBatches: ['GET', '/api/markets/:marketId/read-batches'],
  readBatch: ['GET', '/api/markets/:marketId/read-batches/:batchId'],
  cancelRead: ['POST', '/api/markets/:marketId/read-batches/:batchId/cancel'],
  retryRead: ['POST', '/api/markets/:marketId/read-batches/:batchId/retry'],
  buildings: ['GET', '/api/markets/:marketId/buildings'],
  createBuilding: ['POST', '/api/markets/:marketId/buildings'],
  renameBuilding: ['PUT', '/api/markets/:marketId/buildings/:buildingId/name'],
  setBuildingTimes: ['PUT', '/api/markets/:marketId/buildings/:buildingId/times'],
  provisionalRule: ['GET', '/api/markets/:marketId/provisional-rule'],
  setProvisionalRule: ['PUT', '/api/markets/:marketId/provisional-rule'],
  charges: ['GET', '/api/markets/:marketId/charges'],
  notices: ['GET', '/api/markets/:marketId/notices'],
  correctReading: ['POST', '/api/markets/:marketId/meters/:meterId/corrections'],
  unclaimedDevices: ['GET', '/api/unclaimed-devices'],
  meterModels: ['GET', '/api/meter-models'],
  meters: ['GET', '/api/markets/:marketId/meters'],
  chosenMeters: ['POST', '/api/markets/:marketId/meters/chosen'],
  meter: ['GET', '/api/markets/:marketId/meters/:meterId'],
  createMeter: ['POST', '/api/markets/:marketId/meters'],
  updateMeter: ['PUT', '/api/markets/:marketId/meters/:meterId'],
  bindMeter: ['POST', '/api/markets/:marketId/meters/:meterId/bind'],
  unbindMeter: ['POST', '/api/markets/:marketId/meters/:meterId/unbind'],
  changeCt: ['POST', '/api/markets/:marketId/meters/:meterId/change-ct'],
  replaceMeter: ['POST', '/api/markets/:marketId/meters/:meterId/replace'],
  retireMeter: ['POST', '/api/markets/:marketId/meters/:meterId/retire'],
  gateways: ['GET', '/api/markets/:marketId/gateways'],
  createGateway: ['POST', '/api/markets/:marketId/gateways'],
  updateGateway: ['PUT', '/api/markets/:marketId/gateways/:link/:linkKey'],
  retireGateway: ['POST', '/api/markets/:marketId/gateways/:link/:linkKey/retire'],
  nbProducts: ['GET', '/api/markets/:marketId/nb-products'],
  saveNbProduct: ['PUT', '/api/markets/:marketId/nb-products/:platform/:productId'],
  removeNbProduct: ['POST', '/api/markets/:marketId/nb-products/:platform/:productId/remove'],
  claimDevice: ['POST', '/api/markets/:marketId/claimed-devices'],
  importMetersTemplate: ['GET', '/api/markets/:marketId/meter-imports/template'],
  importMeters: ['POST', '/api/markets/:marketId/meter-imports'],
  meterImports: ['GET', '/api/markets/:marketId/meter-imports'],
  undoMeterImport: ['POST', '/api/markets/:marketId/meter-imports/:importId/undo'],
  collectorSessions: ['GET', '/api/markets/:marketId/collector/sessions'],
  collectorFrames: ['GET', '/api/markets/:marketId/collector/frames'],
  linkEvents: ['GET', '/api/markets/:marketId/collector/link-events'],
  sweepSuccess: ['GET', '/api/markets/:marketId/collector/sweep'],
  sweepMeters: ['GET', '/api/markets/:marketId/collector/sweep/meters'],
  lostContact: ['GET', '/api/markets/:marketId/collector/lost'],
  meterClocks: ['GET', '/api/markets/:marketId/collector/clocks'],
  readNow: ['POST', '/api/markets/:marketId/meters/:meterId/read'],
  orderSetting: ['POST', '/api/markets/:marketId/meters/:meterId/settings'],
  meterSettings: ['GET', '/api/markets/:marketId/meters/:meterId/settings'],
};

type Part = Readonly<Record<string, unknown>>;

function addressOf(template: string, params: Part = {}, query: Part = {}): string {
  const path = template.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(String(params[key] ?? '')));
  const asked = Object.entries(query).filter(([, value]) => value !== undefined);
  if (asked.length === 0) return path;
  return `${path}?${new URLSearchParams(asked.map(([name, value]): [string, string] => [name, String(value)]))}`;
}

/** @throws CallError for whatever is not 2xx, and where there was no answer */
async function fetched(send: typeof fetch, method: string, address: string, body: unknown): Promise<Response> {
  const request: RequestInit = { method, credentials: 'same-origin' };
  if (body !== undefined) {
    request.headers = { 'content-type': 'application/json' };
    request.body = JSON.stringify(body);
  }
  const response = await send(address, request).catch(() => undefined);
  if (!response) {
    throw new CallError({ type: 'about:blank', title: 'No answer', status: 0, code: 'client.unreachable' });
  }
  if (response.ok) return response;
  const { status, statusText } = response;
  const answer: unknown = await response.json().catch(() => null);
  const fallback = { type: 'about:blank', title: statusText, status, code: 'client.bad_answer' };
  throw new CallError((answer as Problem | null) ?? fallback);
}

export async function call<N extends RouteName>(
  name: N,
  input: CallInput<N>,
  send: typeof fetch = fetch,
): Promise<RouteResponse<Routes[N]>> {
  const [method, template] = routeTable[name];
  const { params, query, body } = input as { params?: Part; query?: Part; body?: unknown };
  const response = await fetched(send, method, addressOf(template, params, query), body);
  const answer: unknown = response.status === 204 ? null : await response.json().catch(() => null);
  return answer as RouteResponse<Routes[N]>;
}

/** A call of a list, less the page: what is exported is what it finds. */
export interface ListCall {
  readonly route: RouteName;
  readonly params?: Part;
  readonly query?: Part;
}

/** A list as a file. @throws CallError */
export async function exportList(
  { route, params, query }: ListCall,
  asked: ExportRequest,
  send: typeof fetch = fetch,
): Promise<Blob> {
  const address = addressOf(`${routeTable[route][1]}/export`, params, query);
  return (await fetched(send, 'POST', address, asked)).blob();
}
