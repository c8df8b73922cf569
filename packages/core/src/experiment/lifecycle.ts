import { FairleadError } from '../base/index.ts'

/*
 *            start             complete
 *   draft ──────────► running ──────────► completed
 *     │                │   ▲                  ▲
 *     │          pause │   │ resume           │
 *     │                ▼   │                  │
 *     │               paused ─────────────────┘
 *     └───────────────────── complete ────────┘
 *
 * A draft may still become anything; once it has started a test keeps what it measures and how it decides. While it is
 * paused nobody is shown a variant, what is observed of units that were still counts, and planned looks are taken. A draft
 * that is completed has never run: it has no winner.
 */
const transitions = {
  start: { from: ['draft'], to: 'running' },
  pause: { from: ['running'], to: 'paused' },
  resume: { from: ['paused'], to: 'running' },
  complete: { from: ['draft', 'running', 'paused'], to: 'completed' },
} as const

/** As the endpoints are named. */
const participles = { start: 'started', pause: 'paused', resume: 'resumed', complete: 'stopped' } as const

export type TestStatus = 'draft' | 'running' | 'paused' | 'completed'
export type Transition = keyof typeof transitions

/** The status that a transition leads to. Throws `experiment.invalid_transition` where it does not lead on from there. */
export function nextStatus(status: TestStatus, transition: Transition): TestStatus {
  const { from, to } = transitions[transition]
  if ((from as readonly TestStatus[]).includes(status)) return to
  const possible = (Object.keys(transitions) as Transition[]).filter((one) =>
    (transitions[one].from as readonly TestStatus[]).includes(status),
  )
  const hint =
    possible.length === 0
      ? 'It has come to its end.'
      : `It can be ${possible.map((one) => participles[one]).join(', or ')}.`
  throw new FairleadError(
    'experiment.invalid_transition',
    `A ${status} test can't be ${participles[transition]}. ${hint}`,
    {
      data: { status, transition },
    },
  )
}
