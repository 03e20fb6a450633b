/** A nominal type: `Brand<bigint, 'Fen'>` and `Brand<bigint, 'Wh'>` never mix, at no cost at run time. */
declare const brand: unique symbol;
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
