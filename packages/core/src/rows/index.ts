export type { RowContent } from './content'
export {
  type SealedRow,
  type SealedRows,
  type SealedRowsOptions,
  type SubjectRowsOptions,
  sealedRows,
} from './sealed-rows'
