// What the engine sends: docs/api.md, "The wallboard". Times are seconds since the epoch.

export type Language = 'zh' | 'en'
export type Words = Partial<Record<Language, string>>
export type AgentState = 'offline' | 'not_ready' | 'ready' | 'offered' | 'talking' | 'holding' | 'wrap_up'

export interface Band {
  low: number | null
  high: number | null
}

export interface Today {
  offered: number
  answered: number
  abandoned: number
  short_abandoned: number
  service_level: number | null
  asa: number | null
  abandon_rate: number | null
}

export interface Agent {
  agent: string
  name: string
  queues: string[]
  state: AgentState
  since: number
  reason?: string
  queue?: string
  overrun?: boolean
}

export interface Caller {
  call: string
  number: string
  since: number
  vip?: number
  position?: number
  ringing?: boolean
}

export interface Queue {
  queue: string
  names: Words
  waiting: number
  waiting_since: number | null
  callers: Caller[]
  callbacks: number
  agents: Record<AgentState, number>
  free: number
  closed_by: string[]
  target: number
  within_s: number
  today: Today
}

export interface Site {
  waiting: number
  waiting_since: number | null
  callbacks: number
  agents: Record<AgentState, number>
  today: Today
}

export interface Alarm {
  id: string
  kind: string
  severity: 'critical' | 'warning'
  queue: string | null
  since: number | null
  words: Words
  cause: Words
}

export interface Settings {
  site: string
  zone: string
  bands: Record<string, Band>
  longest_wait_s: number
  reasons: Record<string, Words>
}

export interface Frame {
  type: 'snapshot' | 'wall' | 'tick'
  seq: number
  at: number
  settings?: Settings
  agents?: Agent[]
  queues?: Queue[]
  site?: Site
  alarms?: Alarm[]
}

export interface CurvePoint {
  start: number
  offered: number
  answered: number
  abandoned: number
  service_level: number | null
}

export interface Curve {
  step_s: number
  today: number
  yesterday: number
  points: CurvePoint[]
}
