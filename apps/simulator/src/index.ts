export { type BridgeFraming, type ModbusBridge, startModbusBridge } from './bridge.ts';
export { ALL_FAULTS, type Fault } from './faults.ts';
export { type FirstSiteOptions, firstSite, type NbSecrets } from './first-site.ts';
export { startSimulator } from './simulator.ts';
export * from './site.ts';
export type * from './types.ts';
