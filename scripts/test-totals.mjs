/**
 * What a Vitest JSON report counted, as the one line that `npm test` ends with.
 * A file that could not even load has no tests to count; it counts as one failure.
 */
export function testTotals({ numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults }) {
  const unloaded = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
  return `${numPassedTests} passed, ${numFailedTests + unloaded.length} failed, ${numPendingTests + numTodoTests} skipped`
}
