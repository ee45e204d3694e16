/** Counts commands to a server and their round trips. */
export class RoundTrips {
  commands = 0
  /** Number of waits for the server. Commands sent while another one is pending share its wait. */
  roundTrips = 0
  private underway = 0

  async count<T>(send: () => Promise<T>): Promise<T> {
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
