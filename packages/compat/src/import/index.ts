/** Reads sessions that another library has begun. */
export const importFrom = 'not built yet'
