/**
 * Starts a clock that tells for how many ms this thread has kept its processor busy. Unlike the time on the wall, that does
 * not grow when other tests run beside this one.
 */
export function cpuClock(): () => number {
  const start = process.threadCpuUsage()
  return () => {
    const { user, system } = process.threadCpuUsage(start)
    return (user + system) / 1_000
  }
}
