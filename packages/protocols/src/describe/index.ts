export { DESCRIBED_PROTOCOLS, type DescribedProtocol, describeFrame, TEXT_PROTOCOLS } from './describe.ts';
export type { DescribedValue, Description } from './description.ts';
export { formatDescription } from './format.ts';
export { describeStored, type StoredFrame } from './stored.ts';
