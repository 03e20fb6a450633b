export * from './accounts/index.ts';
export * from './errors.ts';
export * from './pricing/index.ts';
export * from './readings/index.ts';
export * from './stall-state/index.ts';
export * from './switching/index.ts';
