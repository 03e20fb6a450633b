export { createSniffer, MAX_SNIFF_BYTES, type Sniffed, type Sniffer } from './sniff.ts';
