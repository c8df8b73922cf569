import { isNumber } from './value.ts'

/**
 * `left + right` and its like, undefined when there is no such value. Whole numbers of 64 bits calculate among
 * themselves exactly; a double on either side makes the other one a double.
 */
export function calculate(operator: string, left: unknown, right: unknown): unknown {
  if (isNumber(left) && isNumber(right)) {
    if (typeof left === 'number' || typeof right === 'number') return ofDoubles(operator, Number(left), Number(right))
    const value = ofWhole(operator, left, right)
    return value !== undefined && BigInt.asIntN(64, value) === value ? value : undefined
  }
  if (operator !== '+') return undefined
  if (typeof left === 'string' && typeof right === 'string') return left + right
  return Array.isArray(left) && Array.isArray(right) ? left.concat(right) : undefined
}

function ofDoubles(operator: string, left: number, right: number): number | undefined {
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return left / right
    case '%':
      return left % right
    default:
      return undefined
  }
}

function ofWhole(operator: string, left: bigint, right: bigint): bigint | undefined {
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return right === 0n ? undefined : left / right
    case '%':
      return right === 0n ? undefined : left % right
    default:
      return undefined
  }
}
