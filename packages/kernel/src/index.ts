export * from './brand.ts';
export * from './bytes.ts';
export * from './capitals.ts';
export * from './errors.ts';
export * from './ids.ts';
export * from './money.ts';
export * from './quantity.ts';
export * from './time.ts';
