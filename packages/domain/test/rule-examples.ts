/** Rules in JSON as small as they can be, to be made wrong in one place. */

export const energy = (price: string) => [{ name: 'energy', price }];
export const allDay = [{ from: '00:00', to: '24:00', tariff: 'flat' }];
export const calendar = {
  dayTables: { normal: allDay },
  seasons: [{ from: '01-01', to: '12-31', weekday: 'normal' }],
};
export const tou = { kind: 'tou', by: 'intervals', calendar, prices: { flat: energy('1') } };
export const steps = {
  kind: 'steps',
  period: 'month',
  steps: [{ upTo: 100, parts: energy('1') }, { parts: energy('2') }],
};
export const dayOf = (...periods: readonly (readonly [string, string, string])[]) => ({
  ...calendar,
  dayTables: { normal: periods.map(([from, to, tariff]) => ({ from, to, tariff })) },
});
export const seasonsOf = (...seasons: readonly (readonly [string, string])[]) => ({
  ...calendar,
  seasons: seasons.map(([from, to]) => ({ from, to, weekday: 'normal' })),
});

export const flat = (parts: unknown) => ({ kind: 'flat', parts });
