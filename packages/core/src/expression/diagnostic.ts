/** One finding about an expression or a template; `from` and `to` are UTF-16 offsets into its source. */
export interface ExpressionDiagnostic {
  /** `expression.syntax`, `.type`, `.undeclared`, `.unknown_property`, `.unknown_function`, `.limit`, `.never_equal`, `.template`. */
  code: string
  /** An error keeps the expression from being evaluated; a warning does not. */
  severity: 'error' | 'warning'
  message: string
  /** What to do about it. */
  hint: string
  from: number
  to: number
}
