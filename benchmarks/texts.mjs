/** Texts to compare: made up, the same in every run. */

const words =
  'you are a careful assistant answer only from the facts given below never invent an order a price or a date say so when something is missing keep each reply under five sentences quote the policy by its number and close with the next step for the customer'.split(
    ' ',
  )

/** A linear congruential generator. */
export function randomFrom(seed) {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function sentence(random) {
  const length = 5 + Math.floor(random() * 12)
  return Array.from({ length }, () => words[Math.floor(random() * words.length)]).join(' ')
}

/** Prompts of 25 to 90 lines and what became of them in one revision: some lines changed, added, dropped. */
export function promptPairs(count) {
  const random = randomFrom(7)
  return Array.from({ length: count }, () => {
    const before = prompt(random)
    return [text(before), text(revise(before, random, 8))]
  })
}

/** Prompts of that length and what two people made of each. */
export function promptMerges(count) {
  const random = randomFrom(11)
  return Array.from({ length: count }, () => {
    const base = prompt(random)
    return [base, revise(base, random, 5), revise(base, random, 5)].map(text)
  })
}

function prompt(random) {
  const length = 25 + Math.floor(random() * 66)
  return Array.from({ length }, () => (random() < 0.2 ? '' : `- ${sentence(random)}`))
}

function revise(lines, random, most) {
  const revised = [...lines]
  const changes = 1 + Math.floor(random() * most)
  for (let change = 0; change < changes; change++) {
    const at = Math.floor(random() * revised.length)
    const dropped = random() < 0.6 ? 1 : 0
    const added = random() < 0.8 ? [`- ${sentence(random)}`] : []
    revised.splice(at, dropped, ...added)
  }
  return revised
}

/** A text of unlike lines and two in which a share of them is changed. */
export function revisedTwice(length, share) {
  const random = randomFrom(length)
  const base = Array.from({ length }, (_, at) => `${at} ${sentence(random)}`)
  const side = (name) => base.map((line) => (random() < share ? `${line}, ${name}` : line))
  return [base, side('ours'), side('theirs')].map(text)
}

/** A text of unlike lines and one in which a share of them is changed. */
export function revised(length, share) {
  const random = randomFrom(length)
  const before = Array.from({ length }, (_, at) => `${at} ${sentence(random)}`)
  const after = before.map((line) => (random() < share ? `${line}, changed` : line))
  return [text(before), text(after)]
}

/** Two texts that share no line. */
export function unrelated(length) {
  const random = randomFrom(length)
  const lines = (side) => text(Array.from({ length }, (_, at) => `${side} ${at} ${sentence(random)}`))
  return [lines('left'), lines('right')]
}

/** The same unlike lines in two orders. */
export function shuffled(length) {
  const random = randomFrom(length)
  const lines = Array.from({ length }, (_, at) => `${at} ${sentence(random)}`)
  return [text(lines), text(shuffle(lines, random))]
}

/** Lines drawn at random from a few. */
export function repeated(length, different) {
  const random = randomFrom(length)
  const lines = () => text(Array.from({ length }, () => `line ${Math.floor(random() * different)}`))
  return [lines(), lines()]
}

function shuffle(items, random) {
  const result = [...items]
  for (let at = result.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    ;[result[at], result[other]] = [result[other], result[at]]
  }
  return result
}

function text(lines) {
  return lines.map((line) => `${line}\n`).join('')
}
