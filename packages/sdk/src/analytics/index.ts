import type { Execution, ModelPrice, Score } from '@fairlead/core/analytics'
import { analyticsEndpoints } from '@fairlead/core/endpoints'
import type { List } from '../page.ts'
import { listFrom } from '../page.ts'
import type { BodyOf, CallOptions, QueryOf, Transport } from '../transport.ts'

/** Model calls, what they cost, and how good they were. */
export class Analytics {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport.to(analyticsEndpoints)
  }

  /** Calls of models, newest first. */
  executions(query: QueryOf<'listExecutions'> = {}, options?: CallOptions): List<Execution> {
    return listFrom(this.#transport, 'listExecutions', { query }, options)
  }

  /** Says how good a run was, or one call of a model in it. */
  async createScore(score: BodyOf<'createScore'>, options?: CallOptions): Promise<Score> {
    return (await this.#transport.call('createScore', { body: score }, options)).body
  }

  /** Newest first. */
  scores(query: QueryOf<'listScores'> = {}, options?: CallOptions): List<Score> {
    return listFrom(this.#transport, 'listScores', { query }, options)
  }

  /** The built-in prices and the organization's own, which win. */
  prices(query: QueryOf<'listPrices'> = {}, options?: CallOptions): List<ModelPrice> {
    return listFrom(this.#transport, 'listPrices', { query }, options)
  }

  /** From a day on; in nano-USD per million tokens. */
  async createPrice(price: BodyOf<'createPrice'>, options?: CallOptions): Promise<ModelPrice> {
    return (await this.#transport.call('createPrice', { body: price }, options)).body
  }

  async deletePrice(id: string, options?: CallOptions): Promise<void> {
    await this.#transport.call('deletePrice', { params: { id } }, options)
  }
}
