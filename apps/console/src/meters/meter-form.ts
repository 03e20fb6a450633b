import type { MeterModelInfo, NewMeter } from '@openprepay/contract';

/** A new meter as it is typed. */
export interface MeterForm {
  model: string;
  serial: string;
  ctRatio: number;
  link: NewMeter['link'];
  linkKey: string;
  busAddress: string;
  access: Record<string, string>;
}

export const emptyMeter = (): MeterForm => ({
  model: '',
  serial: '',
  ctRatio: 1,
  link: 'acrel4g',
  linkKey: '',
  busAddress: '',
  access: {},
});

export const isComplete = (form: MeterForm): boolean =>
  [form.model, form.serial, form.linkKey, form.busAddress].every((word) => word.trim() !== '') &&
  Number.isInteger(form.ctRatio) &&
  form.ctRatio >= 1;

/** What the server is told: only the access values that were typed. */
export function newMeterOf(form: MeterForm, model: MeterModelInfo): NewMeter {
  const access = Object.fromEntries(Object.entries(form.access).filter(([, value]) => value.trim() !== ''));
  return {
    kind: model.kind,
    model: form.model,
    serial: form.serial.trim(),
    ctRatio: form.ctRatio,
    link: form.link,
    linkKey: form.linkKey.trim(),
    busAddress: form.busAddress.trim(),
    ...(Object.keys(access).length > 0 && { access }),
  };
}
