import { isNumber } from './value.ts'

/** Of two whole numbers; doubles are calculated with in the same words. */
type Calculation = (left: bigint, right: bigint) => bigint | undefined
type Operation = (left: unknown, right: unknown) => unknown

/**
 * What calculates gives undefined where there is no such value. Whole numbers of 64 bits calculate among themselves
 * exactly; a double on either side makes the other one a double.
 */
function ofNumbers(calculate: Calculation): Operation {
  return (left, right) => {
    if (!isNumber(left) || !isNumber(right)) return undefined
    if (typeof left === 'number' || typeof right === 'number')
      return calculate(Number(left) as never, Number(right) as never)
    const value = calculate(left, right)
    return value !== undefined && BigInt.asIntN(64, value) === value ? value : undefined
  }
}

const sum = /* @__PURE__ */ ofNumbers((a, b) => a + b)

export function add(left: unknown, right: unknown): unknown {
  if (typeof left === 'string' && typeof right === 'string') return left + right
  return Array.isArray(left) && Array.isArray(right) ? left.concat(right) : sum(left, right)
}

export const subtract: Operation = /* @__PURE__ */ ofNumbers((a, b) => a - b)
export const multiply: Operation = /* @__PURE__ */ ofNumbers((a, b) => a * b)
// Doubles divide by 0.
export const divide: Operation = /* @__PURE__ */ ofNumbers((a, b) => (b === 0n ? undefined : a / b))
export const remainder: Operation = /* @__PURE__ */ ofNumbers((a, b) => (b === 0n ? undefined : a % b))
