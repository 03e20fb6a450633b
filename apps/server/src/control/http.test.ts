import type { RouteName } from '@openprepay/contract';
import { type CallInput, call } from '@openprepay/contract/client';
import { uuidV7 } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import { callerOf } from '../../test-support/callers.ts';
import { handlers } from '../handlers.ts';
import { buildHttp } from '../platform/http.ts';
import { SESSION_COOKIE } from '../platform/http-guard.ts';
import { newWorld, OPERATOR, type World } from './test-support/world.ts';

const STAFF = (['manager', 'cashier', 'auditor'] as const).map((role) =>
  callerOf({ operatorId: OPERATOR, login: role, name: role, role }),
);

/** The program as it answers, and a call in the name of a role. */
async function program(world: World) {
  const operatorOf = async (_: unknown, token: string) => STAFF.find(({ login }) => login === token) ?? null;
  const app = await buildHttp(world.ctx, {
    handlers: { ...handlers, operatorOf },
    consoleDir: null,
    version: 'test',
    clockSpeed: 1,
  });
  const as = <N extends RouteName>(role: string, name: N, input: CallInput<N>) =>
    call(name, input, async (url, init) => {
      const { statusCode, body } = await app.inject({
        method: (init?.method ?? 'GET') as 'GET',
        url: String(url),
        cookies: { [SESSION_COOKIE]: role },
        ...(init?.body ? { payload: String(init.body), headers: { 'content-type': 'application/json' } } : {}),
      });
      return new Response(statusCode === 204 ? null : body, { status: statusCode });
    });
  return { app, as };
}

test('the rules of switching, call by call: who may set them, and what is answered', async () => {
  const world = await newWorld([{ code: 'A', balanceFen: 0 }]);
  const { app, as } = await program(world);
  const params = { marketId: world.marketId };
  const id = () => uuidV7(world.clock.now());
  const rules = {
    restoreMinimumFen: 100,
    reclosePerS: 5,
    staleAfterS: 3_600,
    notOpenIsOff: false,
    commandLimitS: 86_400,
  };
  const ladder = { lowBalanceFen: 3_000, alarm2Fen: 500, rearmFen: 100, finalNoticeWaitS: 600 };
  const holiday = { stallType: null, name: '春节', firstDay: '2026-03-02', lastDay: '2026-03-08' };
  const hours = { stallType: 'fish', weekdays: [0, 6], from: '22:00', to: '06:00' };
  const [holidayId, hoursId] = [id(), id()];

  await as('manager', 'setAlarmLadder', { params, body: ladder });
  await as('manager', 'setSwitchingRules', { params, body: rules });
  expect(await as('auditor', 'switchingRules', { params })).toEqual(rules);
  await as('manager', 'putHoliday', { params: { ...params, holidayId }, body: holiday });
  await as('manager', 'putFriendlyHours', { params: { ...params, hoursId }, body: hours });
  await as('manager', 'protectStallType', { params: { ...params, stallType: '冷库' } });
  expect(await as('auditor', 'alarmLadder', { params })).toEqual(ladder);
  expect(await as('cashier', 'cutCalendar', { params })).toEqual({
    friendlyHours: [{ hoursId, ...hours }],
    holidays: [{ holidayId, ...holiday }],
    protectedTypes: ['冷库'],
  });

  const why = await as('cashier', 'switchWhy', { params: { ...params, meterId: await world.meterOf('A') }, query: {} });
  expect(why).toMatchObject({
    decision: 'leave',
    reason: 'holiday',
    wanted: null,
    switchState: 'unknown',
    changes: [],
  });
  expect(why.rules.find(({ decides }) => decides)?.facts).toEqual({
    name: '春节',
    firstDay: '2026-03-02',
    lastDay: '2026-03-08',
  });
  expect(why.rules.find(({ rule }) => rule === 'balance_used_up')).toEqual({
    rule: 'balance_used_up',
    holds: true,
    decides: false,
    wanted: 'off',
    facts: { availableFen: 0, utilityFen: 0, creditLimitFen: 0, emergencyLeftFen: 0 },
  });

  const refusals = [
    as('cashier', 'putHoliday', { params: { ...params, holidayId }, body: holiday }),
    as('auditor', 'setAlarmLadder', { params, body: ladder }),
    as('cashier', 'setSwitchingRules', { params, body: rules }),
    as('manager', 'setSwitchingRules', { params, body: { ...rules, reclosePerS: 0 } }),
    as('manager', 'putFriendlyHours', { params: { ...params, hoursId }, body: { ...hours, from: '24:00' } }),
    as('manager', 'putFriendlyHours', { params: { ...params, hoursId }, body: { ...hours, weekdays: [7] } }),
    as('manager', 'putHoliday', { params: { ...params, holidayId }, body: { ...holiday, firstDay: '2026-02-30' } }),
    as('manager', 'deleteHoliday', { params: { ...params, holidayId: id() } }),
  ];
  const codes = (await Promise.allSettled(refusals)).map((one) =>
    one.status === 'rejected' ? (one.reason as { problem: { code: string } }).problem.code : 'done',
  );
  expect(codes).toEqual([
    'http.forbidden',
    'http.forbidden',
    'http.forbidden',
    'http.invalid_request',
    'http.invalid_request',
    'http.invalid_request',
    'http.invalid_request',
    'control.not_in_calendar',
  ]);
  await as('manager', 'deleteHoliday', { params: { ...params, holidayId } });
  await as('manager', 'deleteFriendlyHours', { params: { ...params, hoursId } });
  await as('manager', 'unprotectStallType', { params: { ...params, stallType: '冷库' } });
  expect(await as('auditor', 'cutCalendar', { params })).toEqual({
    friendlyHours: [],
    holidays: [],
    protectedTypes: [],
  });
  await app.close();
});

test('many meters at once, call by call', async () => {
  const world = await newWorld([
    { code: 'A', balanceFen: 0 },
    { code: 'B', balanceFen: 0, protected: true },
  ]);
  const { app, as } = await program(world);
  const params = { marketId: world.marketId };
  const on = { override: 'forced_on', until: null, includeProtected: false } as const;
  const preview = await as('manager', 'previewMass', {
    params,
    body: { ...on, select: { filter: { kind: 'electricity' } } },
  });
  expect(preview).toMatchObject({ told: 2, skipped: 0 });
  const massId = uuidV7(world.clock.now());
  const { listHash } = preview;
  const meterIds = preview.rows.map(({ meterId }) => meterId);
  const body = { ...on, massId, meterIds, skippedIds: [], listHash, reason: 'market day' };
  const started = await as('manager', 'startMass', { params, body });
  expect(started).toMatchObject({ massId, state: 'executed', told: 2, skipped: 0 });
  expect(await as('manager', 'startMass', { params, body })).toEqual(started);
  expect(await as('cashier', 'massSwitches', { params, query: {} })).toEqual({ total: 1, masses: [started] });
  const ofMass = { ...params, massId };
  const detail = await as('auditor', 'massSwitch', { params: ofMass, query: {} });
  expect(detail).toMatchObject({ ...started, counts: { queued: 2 }, cancellable: 2, retriable: 0 });
  expect(await as('manager', 'retryMass', { params: ofMass })).toEqual({ meters: 0 });
  expect(await as('manager', 'cancelMass', { params: ofMass, body: { reason: 'too early' } })).toEqual({ meters: 2 });
  const refusals = [
    as('cashier', 'previewMass', { params, body: { ...on, select: { filter: {} } } }),
    as('cashier', 'startMass', { params, body }),
    as('auditor', 'cancelMass', { params: ofMass, body: { reason: 'too early' } }),
    as('manager', 'startMass', { params, body: { ...body, massId: uuidV7(world.clock.now()), meterIds: [] } }),
    as('manager', 'previewMass', { params, body: { ...on, select: { stallIds: [] } } }),
    as('manager', 'massSwitch', { params: { ...params, massId: uuidV7(world.clock.now()) }, query: {} }),
  ];
  const codes = (await Promise.allSettled(refusals)).map((one) =>
    one.status === 'rejected' ? (one.reason as { problem: { code: string } }).problem.code : 'done',
  );
  expect(codes).toEqual([
    'http.forbidden',
    'http.forbidden',
    'http.forbidden',
    'http.invalid_request',
    'http.invalid_request',
    'control.no_such_mass',
  ]);
  await app.close();
});
