export { type Audit, type AuditedRequirement, audit, auditMarkdown } from './audit/audit'
export type { Standard, Verdict } from './audit/requirement'
