// `npm run simulate [-- options]`: what the stopping rules do on simulated tests, against what they promise.
import { parseArgs } from 'node:util'
import { findingsOf, judge } from '../packages/core/src/experiment/simulation/guarantee.suite.ts'

const { values } = parseArgs({
  options: {
    rates: { type: 'string', default: '0.001,0.02,0.1,0.5' },
    looks: { type: 'string', default: '10,100,1000' },
    arms: { type: 'string', default: '2,3,5' },
    runs: { type: 'string', default: '1,50' },
    tests: { type: 'string', default: '20000' },
    'power-tests': { type: 'string', default: '10000' },
    power: { type: 'string', default: '0.95' },
    futility: { type: 'string' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(`Options: --rates ${values.rates} --looks ${values.looks} (each divides the last) --arms ${values.arms} --runs ${values.runs}
  (per unit: 1, or 1 to as many with correlation 0.3) --tests ${values.tests} --power-tests ${values['power-tests']} --seed ${values.seed}
  --power ${values.power} (of the test of one look, whose sample is the horizon) --futility 0.05 (without it, never)`)
  process.exit(0)
}

const numbers = (list) => list.split(',').map(Number)
const options = {
  tests: Number(values.tests),
  powerTests: Number(values['power-tests']),
  looks: numbers(values.looks),
  power: Number(values.power),
  futility: values.futility === undefined ? null : Number(values.futility),
  seed: Number(values.seed),
}
const columns = [
  'rule',
  'arms',
  'rate',
  'runs',
  'looks',
  'units/arm',
  'false',
  '99 % bound',
  'power',
  'of fixed',
  'sample',
  '',
]
const widths = [13, 4, 6, 5, 5, 9, 7, 10, 7, 8, 6, 0]
const print = (cells) => console.log(cells.map((cell, index) => cell.padStart(widths[index])).join('  '))
const percent = (share) => `${(share * 100).toFixed(2)} %`

console.log(`False winners at level 5 %: the worse of all arms alike and the two best alike, ${options.tests} tests each, of two arms three times as many.
Power at the planned effect and mean sample as a share of the horizon, ${options.powerTests} tests; the fixed test looks once, at the horizon.\n`)
print(columns)
let broken = 0
for (const runsPerUnit of numbers(values.runs)) {
  for (const rate of numbers(values.rates)) {
    for (const arms of numbers(values.arms)) {
      const setting = { arms, rate, runsPerUnit }
      // Two arms use up the level, and the bound must not pass 5.5 % by chance.
      const tests = arms === 2 ? 3 * options.tests : options.tests
      const seed = options.seed * 1_000_003 + rate * 1e6 + arms * 101 + runsPerUnit
      for (const finding of findingsOf(setting, { ...options, tests, seed })) {
        const verdict = judge(finding)
        broken += verdict.broken.length > 0 ? 1 : 0
        print([
          finding.mode,
          String(arms),
          String(rate),
          runsPerUnit === 1 ? '1' : `1-${runsPerUnit}`,
          String(finding.looks),
          String(finding.unitsPerArm),
          percent(verdict.falseWinners),
          percent(verdict.falseWinnersAtMost),
          percent(verdict.power),
          percent(verdict.relativePower),
          verdict.meanSample.toFixed(3),
          verdict.broken.length > 0 ? `! ${verdict.broken.join(', ')}` : '',
        ])
      }
    }
  }
}
console.log(broken === 0 ? '\nEvery rule keeps what it promises.' : `\n${broken} cells break a promise.`)
process.exitCode = broken === 0 ? 0 : 1
