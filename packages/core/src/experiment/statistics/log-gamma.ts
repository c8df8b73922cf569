/** log Γ(x) for x > 0: Stirling's series from 10 up, and Γ(x + 1) = x Γ(x) below. */
export function logGamma(x: number): number {
  let [shifted, product] = [x, 1]
  while (shifted < 10) {
    product *= shifted
    shifted += 1
  }
  const square = shifted * shifted
  const rest =
    (1 / 12 -
      (1 / 360 - (1 / 1260 - (1 / 1680 - (1 / 1188 - 691 / 360_360 / square) / square) / square) / square) / square) /
    shifted
  return (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + rest - Math.log(product)
}
