/** Whether a number is a multiple of another as both are written in decimals, where doubles would be a little off. */
export function isMultipleOf(value: number, divisor: number): boolean {
  if (!Number.isFinite(value)) return false
  const [dividend, dividendExponent] = decimal(value)
  const [unit, unitExponent] = decimal(divisor)
  const shift = dividendExponent - unitExponent
  if (shift >= 0) return (dividend * 10n ** BigInt(shift)) % unit === 0n
  return dividend % (unit * 10n ** BigInt(-shift)) === 0n
}

/** The number's digits without its sign, and the power of ten that they stand at. */
function decimal(value: number): [digits: bigint, exponent: number] {
  const [digits, exponent = '0'] = Math.abs(value).toString().split('e') as [string, string?]
  const point = digits.indexOf('.')
  const decimals = point < 0 ? 0 : digits.length - point - 1
  return [BigInt(digits.replace('.', '')), Number(exponent) - decimals]
}
