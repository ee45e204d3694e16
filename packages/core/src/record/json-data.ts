declare const refused: unique symbol

/** The type of a value that JSON cannot hold: no value has it. */
export interface NotJson<What extends string> {
  /** Says what it is, and what to keep instead. */
  readonly [refused]: What
}

/**
 * A type of `session.data`, if JSON holds all of it; in its place where it does not, {@link NotJson}, so that the compiler
 * names the key. Interfaces, `unknown`, optional keys and branded strings are as they were.
 * @example
 * function createSessions<Data extends JsonData<Data>>() {
 *   return createSessionManager<Data>({ secret: process.env.SESSION_SECRET! })
 * }
 */
export type JsonData<Data> = { [Key in keyof Data]: Key extends symbol ? Data[Key] : JsonValue<Data[Key]> }

/** The same for one value. Refused are dates, maps, sets, bytes, bigints, symbols and functions, and so methods. */
export type JsonValue<Value> = unknown extends Value
  ? Value
  : Value extends string | number | boolean | null | undefined
    ? Value
    : Value extends bigint
      ? NotJson<'a bigint: keep a string'>
      : Value extends symbol
        ? NotJson<'a symbol'>
        : Value extends ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown)
          ? NotJson<'a function, or a method of a class'>
          : Value extends Date
            ? NotJson<'a Date: keep a number, or a string'>
            : Value extends ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>
              ? NotJson<'a Map or a Set: keep an object, or an array'>
              : Value extends ArrayBuffer | ArrayBufferView
                ? NotJson<'bytes: keep a string in base64'>
                : Value extends readonly unknown[]
                  ? // Not a mapped array: TypeScript would follow a type that contains lists of itself without end.
                    { readonly [Index in number]: JsonValue<Value[Index]> }
                  : Value extends object
                    ? JsonData<Value>
                    : Value
