// The floor as the frames tell it. Nothing here is worked out that the engine knows better.

import { shallowReactive } from 'vue'
import type { Agent, Alarm, Frame, Queue, Settings, Site } from './frames'

export interface Floor {
  settings: Settings | null
  agents: Map<string, Agent>
  queues: Map<string, Queue>
  site: Site | null
  alarms: Alarm[]
  // How much later the engine's clock is than the screen's, in seconds.
  clockAhead: number
}

export function emptyFloor(): Floor {
  return shallowReactive({
    settings: null,
    agents: shallowReactive(new Map()),
    queues: shallowReactive(new Map()),
    site: null,
    alarms: [],
    clockAhead: 0,
  })
}

export function take(floor: Floor, frame: Frame, screenClock: number): void {
  if (frame.type === 'snapshot') {
    keepOnly(floor.agents, (frame.agents ?? []).map((one) => one.agent))
    keepOnly(floor.queues, (frame.queues ?? []).map((one) => one.queue))
    floor.settings = frame.settings ?? null
    floor.clockAhead = frame.at - screenClock
  }
  for (const agent of frame.agents ?? []) floor.agents.set(agent.agent, agent)
  for (const queue of frame.queues ?? []) floor.queues.set(queue.queue, queue)
  if (frame.site) floor.site = frame.site
  if (frame.alarms) floor.alarms = frame.alarms
  // A frame on its way can only make the engine's clock look slow, so the fastest frame tells best; clocks drift a little.
  floor.clockAhead = Math.max(floor.clockAhead - 0.001, frame.at - screenClock)
}

function keepOnly<Value>(map: Map<string, Value>, keys: string[]): void {
  const kept = new Set(keys)
  for (const key of [...map.keys()]) if (!kept.has(key)) map.delete(key)
}
