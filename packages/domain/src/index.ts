export * from './stall-state/index.ts';
export * from './switching/index.ts';
