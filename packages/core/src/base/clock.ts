/** Tells the time in milliseconds since the Unix epoch; `Date.now` in production, a value under the test's hand in tests. */
export type Clock = () => number
