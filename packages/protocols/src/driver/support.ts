import { isProtocolError, protocolError } from '../errors.ts';
import type { MeterModel } from '../models/index.ts';
import type { MeterPoint, SettingKind } from './driver.ts';

/** Whether a frame fits, for a test that takes it apart: one that makes no sense does not. */
export const fitting =
  (test: (frame: Uint8Array) => boolean) =>
  (frame: Uint8Array): boolean => {
    try {
      return test(frame);
    } catch (error) {
      if (!isProtocolError(error)) throw error;
      return false;
    }
  };

/** Whether the facts are sure, or were tried on this meter. */
export const isVerified = ({ model, access }: MeterPoint, what: MeterModel['unverified'][number]): boolean =>
  !model.unverified.includes(what) || access['unverified'] === 'allowed';

/** Whether this meter may be told that: its model can, and the facts are sure or were tried on it. */
export function allows(point: MeterPoint, what: 'switch' | SettingKind): boolean {
  const { model } = point;
  return (what === 'switch' ? model.switch !== null : model.settings.includes(what)) && isVerified(point, what);
}

/** @throws meter.not_supported */
export function mustSwitch(point: MeterPoint): void {
  const { model, switch: kind } = point.model;
  if (kind === null) throw protocolError('meter.not_supported', `${model} has no relay or valve`);
  if (!allows(point, 'switch')) throw protocolError('meter.not_supported', `switching a ${model} is not yet verified`);
}

/** The model as the driver's own. @throws meter.not_supported when a meter of another protocol was handed in */
export function modelOf<D extends MeterModel['driver']>(
  driver: D,
  { model }: MeterPoint,
): Extract<MeterModel, { driver: D }> {
  if (!isOf(driver, model)) throw protocolError('meter.not_supported', `${model.model} does not speak ${driver}`);
  return model;
}

const isOf = <D extends MeterModel['driver']>(
  driver: D,
  model: MeterModel,
): model is Extract<MeterModel, { driver: D }> => model.driver === driver;
