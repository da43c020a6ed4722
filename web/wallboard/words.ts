// What the screen says in Chinese and English.

import type { AgentState, Language, Words } from './frames'

const WORDS = {
  waiting: ['排队', 'Waiting'],
  longest: ['最久等待', 'Longest wait'],
  service_level: ['服务水平', 'Service level'],
  answered: ['接听', 'Answered'],
  offered: ['呼入', 'Offered'],
  abandoned: ['放弃', 'Abandoned'],
  abandon_rate: ['放弃率', 'Abandon rate'],
  asa: ['平均应答', 'Speed of answer'],
  asa_short: ['应答', 'ASA'],
  not_answered: ['未接听', 'Not answered'],
  ready: ['空闲', 'Ready'],
  talking: ['通话', 'Talking'],
  callbacks: ['待回拨', 'Callbacks'],
  agents: ['座席', 'Agents'],
  callers: ['等待来电', 'Waiting callers'],
  alarms: ['告警', 'Alarms'],
  no_alarms: ['一切正常', 'All is well'],
  nobody_waits: ['无人等待', 'Nobody waits'],
  nobody_here: ['无座席签入', 'Nobody is logged in'],
  day: ['今日', 'Today'],
  yesterday: ['昨日呼入', 'Offered yesterday'],
  closed_hours: ['非营业时间', 'Closed by hours'],
  closed_hand: ['已关闭', 'Closed'],
  closed_emergency: ['紧急关闭', 'Emergency'],
  live: ['实时', 'Live'],
  connecting: ['连接中…', 'Connecting …'],
  not_live: ['数据自 {} 起未更新', 'Not live since {}'],
  all_queues: ['全部队列', 'All queues'],
  language: ['English', '中文'],
  auto: ['自动', 'auto'],
  dark: ['深色', 'dark'],
  light: ['浅色', 'light'],
  more: ['另有 {} 个', '{} more'],
  logged_out: ['未签入 {} 人', '{} not logged in'],
  token: ['令牌', 'Token'],
  sign_in: ['登录', 'Sign in'],
  sign_in_why: [
    '请输入令牌。大屏用的令牌及完整地址：./hotline wallboard',
    'Enter a token. For a screen on the wall, ./hotline wallboard prints the whole address.',
  ],
  refused: ['令牌无效或无权查看大屏', 'This token is not valid, or may not see the wallboard'],
} as const

export type Key = keyof typeof WORDS

const STATES: Record<AgentState, readonly [string, string]> = {
  offline: ['未签入', 'logged out'],
  not_ready: ['示忙', 'not ready'],
  ready: ['空闲', 'ready'],
  offered: ['振铃', 'ringing'],
  talking: ['通话', 'talking'],
  holding: ['保持', 'hold'],
  wrap_up: ['事后处理', 'wrap-up'],
}

export function say(language: Language, key: Key, value = ''): string {
  return WORDS[key][language === 'zh' ? 0 : 1].replace('{}', value)
}

export function stateName(language: Language, state: AgentState): string {
  return STATES[state][language === 'zh' ? 0 : 1]
}

// Text given in one language alone stands for the other too.
export function inLanguage(language: Language, words: Words | undefined, otherwise: string): string {
  return words?.[language] || words?.zh || words?.en || otherwise
}
