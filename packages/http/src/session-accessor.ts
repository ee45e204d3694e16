/**
 * The accessor under which an adapter shows a request's session; `path` is what its users write, `req.session`. It refuses
 * to be assigned to, and says what to do instead. One for all requests: V8 keeps what the accessor of a single object
 * refers to until its next full collection.
 */
export function sessionAccessor<Request extends object>(path: string, find: (request: Request) => unknown) {
  return {
    enumerable: true,
    get(this: Request) {
      return find(this)
    },
    set() {
      throw new TypeError(`${path} cannot be replaced: assign to ${path}.data, or await ${path}.destroy()`)
    },
  }
}
