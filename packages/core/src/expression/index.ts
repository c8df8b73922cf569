export type { ExpressionDiagnostic } from './diagnostic.ts'
export type { Template, TemplateSlot } from './template.ts'
export { parseTemplate, renderTemplate } from './template.ts'
