import { seesMoney } from '@openprepay/contract';
import type { Handlers } from '../platform/handlers.ts';
import { alarmLadder, setAlarmLadder } from './alarms.ts';
import {
  cutCalendar,
  protectStallType,
  putFriendlyHours,
  putHoliday,
  takeFriendlyHours,
  takeHoliday,
  unprotectStallType,
} from './calendar.ts';
import { cutSite, emergencyStatus, liftLockout, lockOut, restoreSite } from './lockout.ts';
import { cancelMass, listMasses, massDetail, massLine, retryMass } from './mass-follow.ts';
import type { MassOrder } from './mass-plan.ts';
import { previewMass, startMass } from './mass-switch.ts';
import { listNotices } from './notices.ts';
import { setSwitchingRules, switchingRules } from './rules.ts';
import { type NewOverride, setOverride } from './service.ts';
import { switchWhy, whyWithoutMoney } from './why.ts';

const act = ({ params, operator }: { params: { marketId: string }; operator: { operatorId: string } }) => ({
  marketId: params.marketId,
  operatorId: operator.operatorId,
});

const dateOf = (instant: string | null) => (instant === null ? null : new Date(instant));

export const controlRoutes = {
  async setOverride(ctx, { params, body, operator }) {
    await setOverride(ctx, {
      ...params,
      override: body.override as NewOverride['override'],
      reason: body.reason,
      until: body.until === undefined ? null : new Date(body.until),
      operatorId: operator.operatorId,
    });
    return null;
  },
  async lockOut(ctx, call) {
    await lockOut(ctx, act(call), call.params.meterId, call.body.reason);
    return null;
  },
  async liftLockout(ctx, call) {
    await liftLockout(ctx, act(call), call.params.meterId, call.body.reason);
    return null;
  },
  async siteEmergency(ctx, { params }) {
    const { emergency, ...counts } = await emergencyStatus(ctx.db, params.marketId);
    return { emergency: emergency && { ...emergency, cutAt: emergency.cutAt.toISOString() }, ...counts };
  },
  async cutSite(ctx, call) {
    await cutSite(ctx, act(call), call.body);
    return null;
  },
  async restoreSite(ctx, call) {
    await restoreSite(ctx, act(call), call.body);
    return null;
  },
  async switchWhy(ctx, { params, query, operator }) {
    const why = await switchWhy(ctx, params.marketId, params.meterId, dateOf(query.at ?? null));
    return seesMoney(operator.role) ? why : whyWithoutMoney(why);
  },
  alarmLadder: (ctx, { params }) => alarmLadder(ctx, params.marketId),
  async setAlarmLadder(ctx, call) {
    await setAlarmLadder(ctx, act(call), call.body);
    return null;
  },
  notices: (ctx, { params, query, buildingIds }) => listNotices(ctx.db, params.marketId, query, buildingIds),
  switchingRules: (ctx, { params }) => switchingRules(ctx, params.marketId),
  async setSwitchingRules(ctx, call) {
    await setSwitchingRules(ctx, act(call), call.body);
    return null;
  },
  cutCalendar: (ctx, { params }) => cutCalendar(ctx, params.marketId),
  async putFriendlyHours(ctx, call) {
    await putFriendlyHours(ctx, act(call), call.params.hoursId, call.body);
    return null;
  },
  async deleteFriendlyHours(ctx, call) {
    await takeFriendlyHours(ctx, act(call), call.params.hoursId);
    return null;
  },
  async putHoliday(ctx, call) {
    await putHoliday(ctx, act(call), call.params.holidayId, call.body);
    return null;
  },
  async deleteHoliday(ctx, call) {
    await takeHoliday(ctx, act(call), call.params.holidayId);
    return null;
  },
  async protectStallType(ctx, call) {
    await protectStallType(ctx, act(call), call.params.stallType);
    return null;
  },
  async unprotectStallType(ctx, call) {
    await unprotectStallType(ctx, act(call), call.params.stallType);
    return null;
  },
  previewMass: (ctx, { params, body: { select, override, until, includeProtected } }) => {
    const order = { override: override as MassOrder['override'], until: dateOf(until), includeProtected };
    return previewMass(ctx, params.marketId, select, order);
  },
  async startMass(ctx, call) {
    await startMass(ctx, act(call), call.body);
    return massLine(ctx, call.params.marketId, call.body.massId);
  },
  massSwitches: (ctx, { params, query, buildingIds }) => listMasses(ctx, params.marketId, query, buildingIds),
  massSwitch: (ctx, { params, query, buildingIds }) =>
    massDetail(ctx, params.marketId, params.massId, query, buildingIds),
  cancelMass: async (ctx, call) => ({
    meters: await cancelMass(ctx, act(call), call.params.massId, call.body.reason),
  }),
  retryMass: async (ctx, call) => ({ meters: await retryMass(ctx, act(call), call.params.massId) }),
} satisfies Partial<Handlers>;
