/** Points of a Gauss-Legendre rule: exact for polynomials up to degree 23. */
export const points = 12

/** Where the points stand in [−1, 1], and their weights. */
export const nodes = new Float64Array(points)
export const weights = new Float64Array(points)

/** `cumulative[i * points + j]`: the weight of the value at point j in the integral from −1 to point i. */
export const cumulative = new Float64Array(points * points)

/** `projection[k * points + j]`: the weight of the value at point j in the coefficient of P_k in a function's Legendre series. */
export const projection = new Float64Array(points * points)

for (let i = 0; i < points; i++) {
  // Newton's method from Tricomi's estimate (Abramowitz and Stegun 22.16.6).
  let x = -Math.cos((Math.PI * (i + 0.75)) / (points + 0.5))
  for (let step = 0; step < 8; step++) x -= legendre(points, x) / legendreSlope(points, x)
  nodes[i] = x
  weights[i] = 2 / ((1 - x * x) * legendreSlope(points, x) ** 2)
}
for (let i = 0; i < points; i++) {
  for (let j = 0; j < points; j++) {
    // The values' Legendre series, integrated term by term: ∫P_k = (P_{k+1} − P_{k−1}) / (2k + 1).
    let sum = nodes[i]! + 1
    for (let k = 1; k < points; k++) {
      sum += legendre(k, nodes[j]!) * (legendre(k + 1, nodes[i]!) - legendre(k - 1, nodes[i]!))
    }
    cumulative[i * points + j] = (sum * weights[j]!) / 2
    projection[i * points + j] = (i + 0.5) * legendre(i, nodes[j]!) * weights[j]!
  }
}

/** P_n(x), by Bonnet's recursion. */
function legendre(n: number, x: number): number {
  let [before, value] = [0, 1]
  for (let k = 0; k < n; k++) [before, value] = [value, ((2 * k + 1) * x * value - k * before) / (k + 1)]
  return value
}

function legendreSlope(n: number, x: number): number {
  return (n * (x * legendre(n, x) - legendre(n - 1, x))) / (x * x - 1)
}
