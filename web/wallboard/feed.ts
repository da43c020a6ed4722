// The connection to the engine. It comes back by itself, later and later; what it is not told for some seconds is not live.

import type { Frame } from './frames'

// The engine sends a frame every second.
export const SILENT_AFTER_MS = 3500
const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 10_000
const REFUSED = [4401, 4403]

export interface Listener {
  frame(frame: Frame): void
  live(live: boolean): void
  refused(): void
}

export function retryAfter(attempt: number, chance: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** attempt, LONGEST_RETRY_MS) * (0.75 + chance / 2)
}

export class WallFeed {
  private socket: WebSocket | null = null
  private attempt = 0
  private retry: number | undefined
  private silence: number | undefined
  private closed = false

  constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly listener: Listener,
  ) {}

  open(): void {
    const socket = new WebSocket(this.url)
    this.socket = socket
    this.watch(socket)
    socket.onopen = () => socket.send(JSON.stringify({ token: this.token }))
    socket.onmessage = (message: MessageEvent<string>) => this.heard(socket, message.data)
    socket.onclose = (event) => this.over(socket, event.code)
  }

  close(): void {
    this.closed = true
    window.clearTimeout(this.retry)
    window.clearTimeout(this.silence)
    this.socket?.close()
  }

  private heard(socket: WebSocket, data: string): void {
    if (socket !== this.socket) return
    this.attempt = 0
    this.watch(socket)
    this.listener.frame(JSON.parse(data) as Frame)
    this.listener.live(true)
  }

  // A connection that has died without a word is found by its silence, and another is tried.
  private watch(socket: WebSocket): void {
    window.clearTimeout(this.silence)
    this.silence = window.setTimeout(() => {
      this.listener.live(false)
      socket.close()
      this.over(socket, 0)
    }, SILENT_AFTER_MS)
  }

  private over(socket: WebSocket, code: number): void {
    if (socket !== this.socket || this.closed) return
    this.socket = null
    window.clearTimeout(this.silence)
    this.listener.live(false)
    if (REFUSED.includes(code)) {
      this.listener.refused()
      return
    }
    this.retry = window.setTimeout(() => this.open(), retryAfter(this.attempt, Math.random()))
    this.attempt += 1
  }
}
