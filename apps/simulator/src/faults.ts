/** What may go wrong on purpose. `README.md` says what each does and how often. */
export const ALL_FAULTS = ['offline', 'late', 'duplicated', 'garbage', 'split', 'stuck', 'decrease'] as const;
export type Fault = (typeof ALL_FAULTS)[number];
