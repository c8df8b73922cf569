import type { Inhabitant } from './inhabited-server.suite.ts'

/** `etag` is of its branch `main`, `promptEtag` of the prompt as it is called and described. */
export async function newPrompt(by: Inhabitant): Promise<{ id: string; etag: string; promptEtag: string }> {
  const { body, etag } = await by.ask('createPrompt', {
    body: { key: by.name(), content: greeting(by), commitMessage: by.name() },
  })
  return { id: body.id, etag: `"${body.head.commitHash}"`, promptEtag: etag }
}

/** A prompt with two branches that went apart. */
export async function newForkedPrompt(by: Inhabitant): Promise<{ id: string; etag: string; draft: string }> {
  const { id, etag } = await newPrompt(by)
  await by.ask('movePromptBranch', {
    params: { id, name: 'draft' },
    ifMatch: null,
    body: { to: 'branch/main' },
  })
  const commit = async (branch: string, model: string) => {
    const content = { ...greeting(by), model: { id: model } }
    return by.ask('createPromptVersion', { params: { id }, ifMatch: etag, body: { branch, content } })
  }
  const draft = await commit('draft', 'default')
  const main = await by.ask('createPromptVersion', {
    params: { id },
    ifMatch: etag,
    body: { branch: 'main', content: { ...greeting(by), tools: [by.name()] } },
  })
  return { id, etag: main.etag, draft: draft.etag }
}

/** A greeting that says how, in the words of another prompt. */
export async function referring(by: Inhabitant) {
  const key = by.name()
  const { body } = await by.ask('createPrompt', { body: { key, content: { text: `Be kind, ${by.marker}.` } } })
  await by.ask('movePromptLabel', { params: { id: body.id, name: 'production' }, ifMatch: null, body: { to: '1' } })
  const content = greeting(by)
  const last = { role: 'user' as const, content: '{{> tone}} {{> pinned}}' }
  const references = { tone: { prompt: key, label: 'production' }, pinned: { prompt: body.id, version: 1 } }
  return { ...content, messages: [...content.messages, last], references }
}

export function greeting(by: Inhabitant) {
  return {
    messages: [
      { role: 'system' as const, content: `You speak for ${by.marker}.` },
      { role: 'user' as const, content: 'Greet {{who}}.' },
    ],
    variables: { who: { type: 'string' } },
    model: { id: 'default', parameters: { temperature: 0 } },
  }
}
