import { readFile, writeFile } from 'node:fs/promises'
import { FairleadError } from '@fairlead/core/base'
import type { Prompt, ResolvedPrompt } from '@fairlead/core/prompt'
import type { CommandLine } from './command.ts'
import { complain, say } from './output.ts'
import { promptTypes } from './prompt-types.ts'

/**
 * Prints or writes TypeScript for the variables of all prompts, as a running control plane has them; with `--check` it
 * only says whether the file is up to date, for builds.
 */
export async function printTypes({ options, env }: CommandLine): Promise<number> {
  const { label, out } = options
  const isCheck = Boolean(options.check)
  if (isCheck && out === undefined)
    throw new FairleadError('cli.usage', '--check needs --out <file>. See: fairlead --help')
  const api = new Api(options.url ?? env.FAIRLEAD_URL ?? 'http://127.0.0.1:4400', env.FAIRLEAD_API_KEY)
  const prompts: ResolvedPrompt[] = []
  for (const { key } of await api.prompts()) {
    const resolved = await api.resolve(key, label)
    if (typeof resolved !== 'string') prompts.push(resolved)
    else complain(`The prompt "${key}" is left out: ${resolved}`)
  }
  const text = await promptTypes(prompts)
  if (out === undefined) return say(text.trimEnd())
  const isUpToDate = (await readFile(out, 'utf8').catch(() => undefined)) === text
  if (isUpToDate) return said(`${out} is up to date.`)
  if (isCheck)
    throw new FairleadError('cli.types_outdated', `${out} is not up to date. Run: fairlead types --out ${out}`)
  await writeFile(out, text)
  return said(`${out} has the variables of ${prompts.length} prompts.`)
}

function said(sentence: string): 0 {
  complain(sentence)
  return 0
}

/** What of the HTTP API this needs. */
class Api {
  readonly #base: string
  readonly #key: string

  constructor(url: string, key: string | undefined) {
    if (!key) throw new FairleadError('cli.usage', 'Set FAIRLEAD_API_KEY to a key with the scope prompt:read.')
    if (!URL.canParse(url)) throw new FairleadError('cli.usage', `"${url}" is no URL, such as http://127.0.0.1:4400.`)
    this.#base = `${url.replace(/(\/api\/v1)?\/*$/, '')}/api/v1`
    this.#key = key
  }

  async prompts(): Promise<Prompt[]> {
    const prompts: Prompt[] = []
    let cursor: string | null | undefined
    do {
      const query = cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''
      const page = await this.#get<{ data: Prompt[]; nextCursor: string | null }>(`/prompts?limit=100${query}`)
      if (typeof page === 'string') throw new FairleadError('cli.refused', page)
      prompts.push(...page.data)
      cursor = page.nextCursor
    } while (cursor)
    return prompts
  }

  resolve(key: string, label: string | undefined): Promise<ResolvedPrompt | string> {
    const query = label === undefined ? '' : `?label=${encodeURIComponent(label)}`
    return this.#get(`/prompts/${encodeURIComponent(key)}/resolved${query}`)
  }

  /** In words, why there is no such thing, when that is for what prompts are like: no such label, a reference to nothing. */
  async #get<Body>(path: string): Promise<Body | string> {
    const headers = { Authorization: `Bearer ${this.#key}` }
    const response = await fetch(this.#base + path, { headers }).catch((error: Error) => {
      const reason = error.cause instanceof Error ? error.cause.message : error.message
      throw new FairleadError('cli.unreachable', `${this.#base} can't be reached: ${reason}`, { cause: error })
    })
    const text = await response.text()
    if (response.ok) return JSON.parse(text) as Body
    const { code, detail } = problemIn(text)
    if (detail !== undefined && code?.startsWith('prompt.')) return detail
    const what = detail ?? `It answered ${response.status}, and not as a Fairlead control plane.`
    throw new FairleadError('cli.refused', `${this.#base}${path}: ${what}`)
  }
}

function problemIn(text: string): { code?: string; detail?: string } {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
