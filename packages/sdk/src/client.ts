import type { Prompt } from '@fairlead/core/prompt'
import type { Analytics } from './analytics/index.ts'
import type { Experiments } from './experiment/experiments.ts'
import { lateRoom, loadOnce } from './late-room.ts'
import { Prompts } from './prompt/index.ts'
import type { Tenant } from './tenant/index.ts'
import type { ClientOptions } from './transport.ts'
import { Transport } from './transport.ts'
import { Runs, Workflows } from './workflow/index.ts'

/** The control plane, by room. */
export interface Client {
  readonly workflows: Workflows
  readonly runs: Runs
  readonly prompts: Prompts
  readonly experiments: Experiments
  readonly analytics: Analytics
  readonly tenant: Tenant
}

/**
 * `ClientOptions`. Without the core, which is needed for its types only, all types would silently be `any`: then this is
 * a sentence, for the compiler to show.
 */
type OptionsWhereTypesAre = [Prompt] extends [0]
  ? 'The types of @fairlead/sdk are in @fairlead/core: npm install --save-dev @fairlead/core'
  : ClientOptions

/**
 * A client of a control plane. It sends nothing until it is used, needs nothing but `fetch`, and may be shared. Calls
 * that are safe to repeat are repeated; what is refused throws `FairleadApiError`.
 */
export function createClient(options: OptionsWhereTypesAre): Client {
  for (const name of ['baseUrl', 'apiKey'] as const) {
    if (!options[name]) throw new TypeError(`createClient needs "${name}".`)
  }
  if (!URL.canParse(options.baseUrl)) {
    throw new TypeError(`createClient: "${options.baseUrl}" is no URL. Give one such as http://127.0.0.1:4400.`)
  }
  const transport = new Transport(options)
  const local = loadOnce(async () => {
    const { localExperiments } = await import('./experiment/local-experiments.ts')
    return localExperiments(transport.connection, options.experiments)
  })
  return {
    workflows: new Workflows(transport),
    runs: new Runs(transport),
    prompts: new Prompts(transport, options.prompts, local),
    experiments: lateExperiments(transport, local),
    analytics: lateAnalytics(transport),
    tenant: lateTenant(transport),
  }
}

function lateExperiments(transport: Transport, local: Experiments['local']): Experiments {
  const load = async () => {
    const { Experiments } = await import('./experiment/experiments.ts')
    return new Experiments(transport, local)
  }
  return lateRoom(load, {
    local: 'call',
    create: 'call',
    list: 'list',
    get: 'call',
    update: 'call',
    start: 'call',
    pause: 'call',
    resume: 'call',
    stop: 'call',
    history: 'list',
    plan: 'call',
    simulate: 'call',
    results: 'call',
    compare: 'call',
    snapshots: 'list',
    look: 'call',
    assign: 'call',
    assignments: 'list',
    record: 'call',
    configuration: 'call',
    createLayer: 'call',
    layers: 'list',
    createHoldout: 'call',
    holdouts: 'list',
    removeHoldout: 'call',
  })
}

function lateAnalytics(transport: Transport): Analytics {
  const load = async () => {
    const { Analytics } = await import('./analytics/index.ts')
    return new Analytics(transport)
  }
  return lateRoom(load, {
    executions: 'list',
    scores: 'list',
    createScore: 'call',
    prices: 'list',
    createPrice: 'call',
    deletePrice: 'call',
  })
}

function lateTenant(transport: Transport): Tenant {
  const load = async () => {
    const { Tenant } = await import('./tenant/index.ts')
    return new Tenant(transport)
  }
  return lateRoom(load, {
    me: 'call',
    organization: 'call',
    updateOrganization: 'call',
    members: 'list',
    updateMember: 'call',
    removeMember: 'call',
    invitations: 'list',
    invite: 'call',
    revokeInvitation: 'call',
    acceptInvitation: 'call',
    keys: 'list',
    key: 'call',
    createKey: 'call',
    rotateKey: 'call',
    revokeKey: 'call',
    createBrowserToken: 'call',
  })
}
