import { describe, expect, it, vi } from 'vitest'
import { readAddress, tokenIn, writeAddress } from '../address'
import { slotsOf } from '../curve'
import { clockLike, percent, timeOfDay } from '../durations'
import { SILENT_AFTER_MS, WallFeed, retryAfter } from '../feed'
import { emptyFloor, take } from '../floor'
import type { Agent, Frame } from '../frames'
import { levelOf, levelOfWait, worst } from '../levels'
import { fitting, pageOf } from '../pages'
import { inLanguage, say } from '../words'

describe('colours against bands', () => {
  it.each([
    [0.85, 'good'],
    [0.8, 'good'],
    [0.73, 'near'],
    [0.7, 'bad'],
  ])('a service level of %d with a target of 80 % is %s', (value, level) => {
    expect(levelOf(value, { low: 0.8, high: null })).toBe(level)
  })
  it.each([
    [20, 'good'],
    [21.9, 'near'],
    [23, 'bad'],
  ])('a speed of answer of %d s with a limit of 20 s is %s', (value, level) => {
    expect(levelOf(value, { low: null, high: 20 })).toBe(level)
  })
  it('no data and no band have no colour', () => {
    expect(levelOf(null, { low: 0.8, high: null })).toBe('none')
    expect(levelOf(0.5, undefined)).toBe('none')
  })
  it('a wait is judged by the service level, then by the longest wait', () => {
    expect([20, 21, 120, 121].map((wait) => levelOfWait(wait, 20, 120))).toEqual(['good', 'near', 'near', 'bad'])
  })
  it('the worst of several counts', () => expect(worst('good', 'bad', 'near', 'none')).toBe('bad'))
})

describe('durations and shares', () => {
  it.each([
    [7.9, '0:07'],
    [754, '12:34'],
    [3723, '1:02:03'],
    [-0.4, '0:00'],
  ])('%d seconds are shown as %s', (seconds, shown) => expect(clockLike(seconds)).toBe(shown))
  it('no data is a dash, not zero', () => expect([percent(null), percent(0), percent(0.805)]).toEqual(['–', '0%', '81%']))
  it("the time is the site's", () => expect(timeOfDay(1_800_000_000, 'Asia/Shanghai', true)).toBe('16:00:00'))
})

describe('the address', () => {
  it('says all that a screen shows, and comes back the same', () => {
    const wanted = { language: 'zh', theme: 'dark', queues: ['repair', 'sales'] } as const
    const address = writeAddress({ ...wanted, queues: [...wanted.queues] })
    expect(readAddress(address, 'en')).toEqual(wanted)
  })
  it('is taken from the browser where it says nothing', () => {
    expect(readAddress('?lang=fr&theme=pink', 'zh-CN')).toEqual({ language: 'zh', theme: 'auto', queues: [] })
  })
  it('has the token behind the #', () => expect([tokenIn('#token=a_b'), tokenIn('')]).toEqual(['a_b', '']))
})

const agent = (id: string, since: number): Agent => ({ agent: id, name: id, queues: [], state: 'ready', since })

describe('the floor', () => {
  it('keeps what a frame does not name, and forgets what a snapshot does not', () => {
    const floor = emptyFloor()
    take(floor, { type: 'snapshot', seq: 1, at: 100, agents: [agent('1', 1), agent('2', 1)], queues: [], alarms: [] }, 90)
    take(floor, { type: 'wall', seq: 2, at: 101, agents: [agent('1', 5)] }, 91)
    expect([...floor.agents.values()].map((one) => one.since)).toEqual([5, 1])
    take(floor, { type: 'snapshot', seq: 3, at: 102, agents: [agent('2', 9)] }, 92)
    expect([...floor.agents.keys()]).toEqual(['2'])
  })
  it("follows the engine's clock by the fastest frame", () => {
    const floor = emptyFloor()
    take(floor, { type: 'snapshot', seq: 1, at: 100, agents: [], queues: [] }, 90.3)
    take(floor, { type: 'tick', seq: 2, at: 101 }, 91.0)
    take(floor, { type: 'tick', seq: 3, at: 102 }, 94.0)
    expect(floor.clockAhead).toBeCloseTo(10, 1)
  })
})

describe('the curve', () => {
  it('puts both days over the same hours', () => {
    const point = (start: number, offered: number) => ({ start, offered, answered: offered - 1, abandoned: 1, service_level: 0.5 })
    const slots = slotsOf({ step_s: 900, today: 86_400, yesterday: 0, points: [point(3600, 4), point(86_400 + 3600, 6)] })
    expect([slots.before[4], slots.answered[4], slots.rest[4], slots.level[4], slots.labels[4]]).toEqual([4, 5, 1, 50, '01:00'])
  })
})

describe('pages', () => {
  it('hold what fits', () => expect(fitting(500, 100, { width: 10, height: 2, gap: 0.5 }, 16)).toBe(6))
  it('show the rest in turn', () => expect([0, 1].map((page) => pageOf([1, 2, 3], 2, page))).toEqual([[1, 2], [3]]))
})

describe('words', () => {
  it('fall back to the language there is', () => expect(inLanguage('en', { zh: '报修' }, 'repair')).toBe('报修'))
  it('take a value', () => expect(say('en', 'not_live', '14:23')).toBe('Not live since 14:23'))
})

class FakeSocket {
  static made: FakeSocket[] = []
  onopen = () => {}
  onmessage = (_: { data: string }) => {}
  onclose = (_: { code: number }) => {}
  sent: string[] = []
  constructor() {
    FakeSocket.made.push(this)
  }
  send(text: string) {
    this.sent.push(text)
  }
  close() {}
}

describe('the feed', () => {
  function opened() {
    vi.useFakeTimers()
    vi.stubGlobal('WebSocket', FakeSocket)
    vi.stubGlobal('window', globalThis)
    FakeSocket.made = []
    const said: (string | boolean)[] = []
    const feed = new WallFeed('ws://x', 'secret', {
      frame: (frame: Frame) => said.push(frame.type),
      live: (live) => said.push(live),
      refused: () => said.push('refused'),
    })
    feed.open()
    return { said, socket: FakeSocket.made[0]! }
  }
  it('says its token first, and is live with the first frame', () => {
    const { said, socket } = opened()
    socket.onopen()
    socket.onmessage({ data: '{"type":"snapshot"}' })
    expect([socket.sent, said]).toEqual([['{"token":"secret"}'], ['snapshot', true]])
  })
  it('that falls silent is not live, and another is tried', () => {
    const { said, socket } = opened()
    socket.onmessage({ data: '{"type":"tick"}' })
    vi.advanceTimersByTime(SILENT_AFTER_MS)
    expect(said.at(-1)).toBe(false)
    vi.advanceTimersByTime(1000)
    expect(FakeSocket.made.length).toBe(2)
  })
  it('that is refused is not tried again', () => {
    const { said, socket } = opened()
    socket.onclose({ code: 4401 })
    vi.advanceTimersByTime(60_000)
    expect([said.at(-1), FakeSocket.made.length]).toEqual(['refused', 1])
  })
  it('waits longer each time, ten seconds and a bit at most', () => {
    expect([0, 1, 2, 9].map((attempt) => retryAfter(attempt, 0.5))).toEqual([500, 1000, 2000, 10_000])
    expect(retryAfter(30, 1)).toBeLessThanOrEqual(12_500)
  })
})
