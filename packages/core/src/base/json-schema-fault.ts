/** Why a value doesn't fit its schema, or why a schema is none; `pointer` is a JSON pointer (RFC 6901) into it. */
export interface JsonFault {
  pointer: string
  message: string
}
