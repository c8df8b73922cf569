import { setTimeout as sleep } from 'node:timers/promises'
import type { BaseLanguageModelInput } from '@langchain/core/language_models/base'
import type { BaseChatModelCallOptions, BindToolsInput } from '@langchain/core/language_models/chat_models'
import { BaseChatModel } from '@langchain/core/language_models/chat_models'
import type { BaseMessage } from '@langchain/core/messages'
import { AIMessageChunk } from '@langchain/core/messages'
import type { ChatResult } from '@langchain/core/outputs'
import type { Runnable } from '@langchain/core/runnables'
import { convertToOpenAITool } from '@langchain/core/utils/function_calling'
import { demoObject, demoText } from './demo-answer.ts'

/** The name under which the offline demo model reports its calls and is priced. */
const demoModelName = 'fairlead-demo'

interface DemoCallOptions extends BaseChatModelCallOptions {
  tools?: BindToolsInput[]
}

/**
 * The offline stand-in for a language model, used only when no provider is configured. It understands nothing: it picks
 * enum values by key words and puts sentences of the prompt together, the same ones for the same messages, after a wait
 * that depends on their length. Its calls carry the model name `fairlead-demo`.
 */
export class DemoChatModel extends BaseChatModel<DemoCallOptions> {
  readonly #waits: boolean

  /** `waits: false` answers at once, for tests. */
  constructor({ waits = true }: { waits?: boolean } = {}) {
    super({})
    this.#waits = waits
  }

  _llmType(): string {
    return demoModelName
  }

  override bindTools(tools: BindToolsInput[]): Runnable<BaseLanguageModelInput, AIMessageChunk, DemoCallOptions> {
    return this.withConfig({ tools })
  }

  async _generate(messages: BaseMessage[], options: this['ParsedCallOptions']): Promise<ChatResult> {
    const prompt = messages.map((message) => ({ role: message.type, text: message.text }))
    const tool = options.tools?.[0]
    const structured = tool ? convertToOpenAITool(tool).function : undefined
    const answer = structured ? demoObject(structured.parameters ?? {}, prompt) : demoText(prompt)
    const text = typeof answer === 'string' ? answer : JSON.stringify(answer)
    const inputTokens = countTokens(prompt.map((message) => message.text).join('\n'))
    const outputTokens = countTokens(text)
    if (this.#waits) await sleep(80 + 2 * outputTokens, undefined, options.signal ? { signal: options.signal } : {})
    const message = new AIMessageChunk({
      content: structured ? '' : text,
      tool_calls: structured ? [{ name: structured.name, args: Object(answer), id: 'demo', type: 'tool_call' }] : [],
      usage_metadata: {
        input_tokens: inputTokens,
        output_tokens: outputTokens,
        total_tokens: inputTokens + outputTokens,
      },
      response_metadata: { model_name: demoModelName, model_provider: 'fairlead' },
    })
    return { generations: [{ text, message }] }
  }
}

/** Four characters to a token, the usual rule of thumb: this model has no tokenizer to ask. */
function countTokens(text: string): number {
  return Math.ceil(text.length / 4)
}
