export * from './decide.ts';
export * from './notices.ts';
export * from './reconcile.ts';
