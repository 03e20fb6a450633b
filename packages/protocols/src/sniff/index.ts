export { createSniffer, MAX_CONVENTIONS, MAX_SNIFF_BYTES, type Sniffed, type Sniffer } from './sniff.ts';
