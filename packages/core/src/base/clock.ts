/** Tells the time in milliseconds since the Unix epoch; `Date.now` in production, a value under the test's hand in tests. */
export type Clock = () => number

/** The machine's clock, which never runs backwards within a process: the default where a host brings none. */
export function systemClock(): number {
  return performance.timeOrigin + performance.now()
}
