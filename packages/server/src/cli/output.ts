/** Prints what was asked for; answers the exit code of success. */
export function say(text: string): 0 {
  process.stdout.write(`${text}\n`)
  return 0
}

/** Prints what is not part of the answer: faults and hints. */
export function complain(text: string): void {
  process.stderr.write(`${text}\n`)
}
