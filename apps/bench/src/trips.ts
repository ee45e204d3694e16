/** Counts what is sent to a server. */
export class Trips {
  commands = 0
  /** How often somebody waited for the server: what is sent while something is under way waits along with it. */
  roundTrips = 0
  private underway = 0

  async through<T>(send: () => Promise<T>): Promise<T> {
    this.commands++
    if (this.underway++ === 0) this.roundTrips++
    try {
      return await send()
    } finally {
      this.underway--
    }
  }

  reset(): void {
    this.commands = 0
    this.roundTrips = 0
  }
}
