/**
 * Where a fact is from: seen in recorded messages or two sources, in one public source, common knowledge of the standard,
 * or assumed. What is only assumed is shown to people and decides nothing, unless someone has verified it on the device.
 */
export type Source = 'recorded' | 'single' | 'known' | 'assumed';
