/** The columns of rows that are sent to the database as arrays, one for each column. */
export function columnsOf<Row>(rows: readonly Row[]): <Key extends keyof Row>(key: Key) => Row[Key][] {
  return (key) => rows.map((row) => row[key])
}
