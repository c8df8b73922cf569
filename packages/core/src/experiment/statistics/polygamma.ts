/** ψ(x), the slope of log Γ, for x > 0: its asymptotic series from 8 up, and ψ(x + 1) = ψ(x) + 1/x below. */
export function digamma(x: number): number {
  let [shifted, before] = [x, 0]
  for (; shifted < 8; shifted += 1) before += 1 / shifted
  const square = 1 / (shifted * shifted)
  const rest = square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square * (1 / 240 - square * (1 / 132)))))
  return Math.log(shifted) - 0.5 / shifted - rest - before
}

/** ψ′(x), likewise. */
export function trigamma(x: number): number {
  let [shifted, before] = [x, 0]
  for (; shifted < 8; shifted += 1) before += 1 / (shifted * shifted)
  const square = 1 / (shifted * shifted)
  const rest = square * (1 / 6 - square * (1 / 30 - square * (1 / 42 - square * (1 / 30 - square * (5 / 66)))))
  return (1 + rest) / shifted + square / 2 + before
}
