import type { Anchors, Marks } from './sequence.ts'

/** Two sequences of which a box is compared: elements from…to of either. */
export interface Box {
  beforeFrom: number
  beforeTo: number
  afterFrom: number
  afterTo: number
}

const noPaths = new Int32Array(0)

/**
 * Myers' linear-space variation (E. Myers, "An O(ND) difference algorithm and its variations", 1986, §4b): splits the box
 * where the furthest paths from both corners meet, again and again. Of several shortest scripts it finds one in the
 * middle of things, where the forward algorithm finds the one that deletes first. Marks what corresponds to nothing.
 */
export class MiddleSnake {
  readonly #before: readonly number[]
  readonly #after: readonly number[]
  readonly #at: Anchors
  readonly #marks: Marks
  /** Furthest x by diagonal x - y, from the upper left and from the lower right corner. */
  #forward = noPaths
  #backward = noPaths
  readonly #offset: number
  #work: number

  /**
   * Compares two sequences whose elements stand at `at` of what `marks`, clear there at first, belong to. After `maxWork`
   * steps it gives up.
   */
  constructor({ before, after }: Anchors, at: Anchors, marks: Marks, maxWork: number) {
    this.#before = before
    this.#after = after
    this.#at = at
    this.#marks = marks
    this.#offset = after.length + 2
    this.#work = maxWork
  }

  /** False when the work allowed did not suffice; the marks mean nothing then. */
  run(): boolean {
    const whole = { beforeFrom: 0, beforeTo: this.#before.length, afterFrom: 0, afterTo: this.#after.length }
    const boxes: Box[] = [whole]
    for (let box = boxes.pop(); box !== undefined; box = boxes.pop()) {
      const inner = this.#withoutCommonEnds(box)
      const { beforeFrom, beforeTo, afterFrom, afterTo } = inner
      if (beforeFrom === beforeTo) markAll(this.#marks.after, this.#at.after, afterFrom, afterTo)
      else if (afterFrom === afterTo) markAll(this.#marks.before, this.#at.before, beforeFrom, beforeTo)
      else {
        if (this.#forward === noPaths) this.#makePaths()
        const [x, y] = this.#meet(inner)
        if (this.#work < 0) return false
        boxes.push({ ...inner, beforeFrom: x, afterFrom: y }, { ...inner, beforeTo: x, afterTo: y })
      }
    }
    return true
  }

  /** Only when they are needed: mostly everything corresponds. */
  #makePaths(): void {
    const diagonals = this.#before.length + this.#after.length + 5
    this.#forward = new Int32Array(diagonals)
    this.#backward = new Int32Array(diagonals)
  }

  #withoutCommonEnds({ beforeFrom, beforeTo, afterFrom, afterTo }: Box): Box {
    const [before, after] = [this.#before, this.#after]
    while (beforeFrom < beforeTo && afterFrom < afterTo && before[beforeFrom] === after[afterFrom]) {
      beforeFrom++
      afterFrom++
    }
    while (beforeFrom < beforeTo && afterFrom < afterTo && before[beforeTo - 1] === after[afterTo - 1]) {
      beforeTo--
      afterTo--
    }
    return { beforeFrom, beforeTo, afterFrom, afterTo }
  }

  /** A point that a shortest path comes through. */
  #meet(box: Box): [number, number] {
    const { beforeFrom, beforeTo, afterFrom, afterTo } = box
    const [lowest, highest] = [beforeFrom - afterTo, beforeTo - afterFrom]
    const [first, last] = [beforeFrom - afterFrom, beforeTo - afterTo]
    // The corners' diagonals are an odd number apart: then the paths meet on the way forwards.
    const isOdd = ((first - last) & 1) !== 0
    const forward = { from: first, to: first }
    const backward = { from: last, to: last }
    this.#forward[first + this.#offset] = beforeFrom
    this.#backward[last + this.#offset] = beforeTo
    for (;;) {
      this.#widen(forward, lowest, highest, this.#forward, -1)
      const met = this.#stepForward(box, forward, isOdd ? backward : undefined)
      if (met) return met
      this.#widen(backward, lowest, highest, this.#backward, 0x7fffffff)
      const metBack = this.#stepBackward(box, backward, isOdd ? undefined : forward)
      if (metBack) return metBack
      if (this.#work < 0) return [beforeFrom, afterFrom]
    }
  }

  /** One diagonal more on each side; at the box's edge one less. Beyond the edge nothing is reached. */
  #widen(
    range: { from: number; to: number },
    lowest: number,
    highest: number,
    reached: Int32Array,
    nothing: number,
  ): void {
    if (range.from > lowest) reached[--range.from - 1 + this.#offset] = nothing
    else range.from++
    if (range.to < highest) reached[++range.to + 1 + this.#offset] = nothing
    else range.to--
  }

  #stepForward(box: Box, range: { from: number; to: number }, facing: { from: number; to: number } | undefined) {
    const [before, after, reached, offset] = [this.#before, this.#after, this.#forward, this.#offset]
    for (let k = range.to; k >= range.from; k -= 2) {
      const right = reached[k - 1 + offset]!
      const down = reached[k + 1 + offset]!
      let x = right >= down ? right + 1 : down
      const begin = x
      while (x < box.beforeTo && x - k < box.afterTo && before[x] === after[x - k]) x++
      reached[k + offset] = x
      this.#work -= x - begin + 1
      if (facing && k >= facing.from && k <= facing.to && this.#backward[k + offset]! <= x) return point(x, k)
    }
    return undefined
  }

  #stepBackward(box: Box, range: { from: number; to: number }, facing: { from: number; to: number } | undefined) {
    const [before, after, reached, offset] = [this.#before, this.#after, this.#backward, this.#offset]
    for (let k = range.to; k >= range.from; k -= 2) {
      const up = reached[k - 1 + offset]!
      const left = reached[k + 1 + offset]!
      let x = up < left ? up : left - 1
      const begin = x
      while (x > box.beforeFrom && x - k > box.afterFrom && before[x - 1] === after[x - k - 1]) x--
      reached[k + offset] = x
      this.#work -= begin - x + 1
      if (facing && k >= facing.from && k <= facing.to && x <= this.#forward[k + offset]!) return point(x, k)
    }
    return undefined
  }
}

function markAll(marks: Uint8Array, at: readonly number[], from: number, to: number): void {
  for (let index = from; index < to; index++) marks[at[index]!] = 1
}

function point(x: number, k: number): [number, number] {
  return [x, x - k]
}
