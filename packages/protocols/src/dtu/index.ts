export { DEFAULT_CONVENTIONS, type DtuConvention, encodeRegistration, MAX_MARK_BYTES } from './convention.ts';
export { createDtuStripper, type DtuEvent, type DtuStripper } from './stripper.ts';
