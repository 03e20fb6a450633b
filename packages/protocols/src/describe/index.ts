export { DESCRIBED_PROTOCOLS, type DescribedProtocol, type Description, describeFrame } from './describe.ts';
export { formatDescription } from './format.ts';
