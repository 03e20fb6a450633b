export { type Bench, type BenchMeter, type BenchOptions, startBench } from './bench.ts';
export { type Bridge, type BridgeFraming, startBridge } from './bridge.ts';
export { type BusHabits, DEFAULT_BUS } from './bus/bus.ts';
export { ALL_FAULTS, BUS_FAULTS, type Fault } from './faults.ts';
export { type FirstSiteOptions, firstSite, type NbSecrets } from './first-site.ts';
export { MIXED_LINKS, type MixedSiteOptions, mixedSite } from './mixed-site.ts';
export { startSimulator } from './simulator.ts';
export * from './site.ts';
export type * from './types.ts';
