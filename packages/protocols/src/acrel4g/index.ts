export { decodeDown, encodeDown } from './down.ts';
export { type Acrel4gDown, type Acrel4gSection, type Acrel4gUp, MAX_FRAME_BYTES } from './messages.ts';
export { createAcrel4gStream } from './stream.ts';
export { decodeUp, encodeUp } from './up.ts';
