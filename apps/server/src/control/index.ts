export { executeMassCut, prepareMassCut } from './mass-switch.ts';
