/** A register as a person types it: kWh or m³ with up to three decimals, as the contract takes it. */
const REGISTER = /^\d{1,9}(\.\d{1,3})?$/;

export const isRegister = (typed: string): boolean => REGISTER.test(typed.trim());
