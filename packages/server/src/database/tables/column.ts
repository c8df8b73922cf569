import type { ColumnType, Generated } from 'kysely'

/** `timestamptz`: read as a Date, written as a Date or RFC 3339 text. */
export type Time = ColumnType<Date, Date | string, Date | string>
/** A `timestamptz` that the database fills in with the transaction's start. */
export type TimeDefaultingToNow = ColumnType<Date, Date | string | undefined, Date | string>
export type OptionalTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>

/** `json` or `jsonb`: read parsed, written as JSON text, because a bare array would be sent as a Postgres array. */
export type Json = ColumnType<unknown, string, string>
export type JsonWithDefault = ColumnType<unknown, string | undefined, string>
export type OptionalJson = ColumnType<unknown, string | null | undefined, string | null>

/** `bytea`: read as a Buffer, written as any Uint8Array. */
export type Bytes = ColumnType<Buffer, Uint8Array, Uint8Array>
export type OptionalBytes = ColumnType<Buffer | null, Uint8Array | null | undefined, Uint8Array | null>

export type { Generated }
