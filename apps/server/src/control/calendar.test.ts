import { uuidV7 } from '@openprepay/kernel';
import { expect, test } from 'vitest';
import {
  cutCalendar,
  protectStallType,
  putFriendlyHours,
  putHoliday,
  takeFriendlyHours,
  takeHoliday,
  unprotectStallType,
} from './calendar.ts';
import { evaluate } from './service.ts';
import { newWorld, OPERATOR, type World } from './test-support/world.ts';

const WEEKDAYS = [0, 1, 2, 3, 4, 5, 6];
const newId = () => uuidV7(new Date('2026-03-02T02:00:00Z'));
const actOf = (world: World) => ({ marketId: world.marketId, operatorId: OPERATOR });
const MORNING = { stallType: null, weekdays: WEEKDAYS, from: '08:00', to: '11:00' };
const FAIR = { stallType: null, name: '庙会', firstDay: '2026-03-01', lastDay: '2026-03-02' };

/** It is Monday, 10:00 in the market; the meter is on, read a moment ago, and would be cut. */
async function usedUp(): Promise<World> {
  const world = await newWorld([{ code: 'A', balanceFen: 100 }]);
  await world.read('A');
  await evaluate(world.ctx, world);
  await world.report('A', 'on');
  await world.endCommand('A', 'confirmed');
  await world.charge('A', 100);
  return world;
}

test('nothing is set in a new market', async () => {
  const world = await usedUp();
  expect(await cutCalendar(world.ctx, world.marketId)).toEqual({ friendlyHours: [], holidays: [], protectedTypes: [] });
  expect(await evaluate(world.ctx, world)).toBe(1);
});

test('in friendly hours nothing is cut; as they end, it is', async () => {
  const world = await usedUp();
  await putFriendlyHours(world.ctx, actOf(world), newId(), MORNING);
  expect(await evaluate(world.ctx, world)).toBe(0);
  expect(await world.control('A')).toMatchObject({ wanted: 'on', reason: 'friendly_hours' });
  world.clock.advance(3_599_000);
  expect(await evaluate(world.ctx, world)).toBe(0);
  world.clock.advance(1_000);
  expect(await evaluate(world.ctx, world)).toBe(1);
  expect(await world.control('A')).toMatchObject({ wanted: 'off', reason: 'balance_used_up' });
});

test('on a holiday nothing is cut, up to its last local midnight', async () => {
  const world = await usedUp();
  await putHoliday(world.ctx, actOf(world), newId(), FAIR);
  expect(await evaluate(world.ctx, world)).toBe(0);
  expect(await world.control('A')).toMatchObject({ wanted: 'on', reason: 'holiday' });
  world.clock.set('2026-03-02T15:59:59Z');
  await world.read('A');
  expect(await evaluate(world.ctx, world)).toBe(0);
  world.clock.set('2026-03-02T16:00:00Z');
  expect(await evaluate(world.ctx, world)).toBe(1);
});

test('what is set for a type of stall holds for that type', async () => {
  const world = await usedUp();
  const act = actOf(world);
  await putFriendlyHours(world.ctx, act, newId(), { ...MORNING, stallType: 'meat' });
  await putHoliday(world.ctx, act, newId(), { ...FAIR, stallType: 'meat' });
  await protectStallType(world.ctx, act, 'meat');
  await protectStallType(world.ctx, act, 'fish');
  expect(await evaluate(world.ctx, world)).toBe(0);
  expect(await world.control('A')).toMatchObject({ wanted: 'on', reason: 'protected_stall' });
  await unprotectStallType(world.ctx, act, 'fish');
  expect(await evaluate(world.ctx, world)).toBe(1);
});

test('the calendar is read as it was written, and every change is in the audit', async () => {
  const world = await usedUp();
  const act = actOf(world);
  const [hoursId, holidayId] = [newId(), newId()];
  const night = { stallType: 'fish', weekdays: [5, 6], from: '22:30', to: '06:00' };
  await putFriendlyHours(world.ctx, act, hoursId, MORNING);
  await putFriendlyHours(world.ctx, act, hoursId, night);
  await putHoliday(world.ctx, act, holidayId, FAIR);
  await protectStallType(world.ctx, act, 'cold_store');
  expect(await cutCalendar(world.ctx, world.marketId)).toEqual({
    friendlyHours: [{ hoursId, ...night }],
    holidays: [{ holidayId, ...FAIR }],
    protectedTypes: ['cold_store'],
  });
  await takeFriendlyHours(world.ctx, act, hoursId);
  await takeHoliday(world.ctx, act, holidayId);
  await unprotectStallType(world.ctx, act, 'cold_store');
  const audit = await world.ctx.db.query<{ line: string }>(
    `select concat_ws(' ', action, operator_id, before ->> 'fromMinute', after ->> 'fromMinute') as line
     from audit where market_id = $1 and action like 'control.%' order by audit_id`,
    [world.marketId],
  );
  expect(audit.map(({ line }) => line).sort()).toEqual(
    [
      `control.put_friendly_hours ${OPERATOR} 480`,
      `control.put_friendly_hours ${OPERATOR} 480 1350`,
      `control.put_holiday ${OPERATOR}`,
      `control.protect_stall_type ${OPERATOR}`,
      `control.delete_friendly_hours ${OPERATOR} 1350`,
      `control.delete_holiday ${OPERATOR}`,
      `control.unprotect_stall_type ${OPERATOR}`,
    ].sort(),
  );
});

test('what makes no sense is refused by name and changes nothing', async () => {
  const world = await usedUp();
  const act = actOf(world);
  const refused = (code: string) => expect.objectContaining({ code });
  await expect(putFriendlyHours(world.ctx, act, newId(), { ...MORNING, to: '08:00' })).rejects.toEqual(
    refused('control.empty_hours'),
  );
  await expect(putHoliday(world.ctx, act, newId(), { ...FAIR, lastDay: '2026-02-28' })).rejects.toEqual(
    refused('control.holiday_ends_early'),
  );
  await expect(takeFriendlyHours(world.ctx, act, newId())).rejects.toEqual(refused('control.not_in_calendar'));
  await expect(takeHoliday(world.ctx, act, newId())).rejects.toEqual(refused('control.not_in_calendar'));
  await expect(unprotectStallType(world.ctx, act, 'meat')).rejects.toEqual(refused('control.not_in_calendar'));
  expect(await cutCalendar(world.ctx, world.marketId)).toEqual({ friendlyHours: [], holidays: [], protectedTypes: [] });
});

test('a calendar has a limit, and what is there can still be changed', async () => {
  const world = await usedUp();
  const act = actOf(world);
  await Promise.all(Array.from({ length: 100 }, (_, n) => protectStallType(world.ctx, act, `type ${n}`)));
  await expect(protectStallType(world.ctx, act, 'one more')).rejects.toMatchObject({ code: 'control.calendar_full' });
  await protectStallType(world.ctx, act, 'type 7');
});

test('the calendar of one market holds for no other, and an entry of another cannot be taken away', async () => {
  const world = await usedUp();
  const other = await newWorld([{ code: 'B', balanceFen: 100 }]);
  const hoursId = newId();
  await putFriendlyHours(world.ctx, actOf(other), hoursId, MORNING);
  await protectStallType(world.ctx, actOf(other), 'fish');
  expect(await evaluate(world.ctx, world)).toBe(1);
  await expect(takeFriendlyHours(world.ctx, actOf(world), hoursId)).rejects.toMatchObject({
    code: 'control.not_in_calendar',
  });
  expect((await cutCalendar(other.ctx, other.marketId)).friendlyHours).toHaveLength(1);
});
