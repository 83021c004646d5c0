/** A JSON value as RFC 8259 defines it; what facts, parameters and entries are made of. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** Named JSON values. */
export type JsonObject = { readonly [name: string]: Json }
