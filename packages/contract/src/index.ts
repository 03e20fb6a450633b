export * from './collection.ts';
export * from './devices.ts';
export * from './readings.ts';
export * from './route.ts';
export * from './routes.ts';
export * from './schemas.ts';
