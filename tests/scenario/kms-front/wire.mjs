// SPDX-License-Identifier: Apache-2.0
// wire.mjs: the protocol of docs/service-protocol.md a second time, over Node.js' own TLS; and what it takes to check
// answers without any code of ours: CMAC, key blocks X9.143 version D, TACs of purse cards.

import { createCipheriv, createDecipheriv } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:tls'
import { until } from './tap.mjs'

export const OP = { hello: 0x01, macMake: 0x20, macVerify: 0x21, wrap: 0x30, tacVerify: 0x34, sm3: 0x63, random: 0x70,
  pinTranslate: 0x90, ping: 0xf0, identify: 0xf1 }

// Values of a body: [tag, bytes or text]…
export function body(...values) {
  return Buffer.concat(values.map(([tag, value]) => {
    const bytes = Buffer.from(value)
    const head = Buffer.alloc(4)
    head.writeUInt16BE(tag, 0)
    head.writeUInt16BE(bytes.length, 2)
    return Buffer.concat([head, bytes])
  }))
}

export function frame(op, id, content = Buffer.alloc(0), type = 1, status = 0) {
  const head = Buffer.from('4F43010000000000000000000000000000'.slice(0, 32), 'hex')
  head[3] = type
  head.writeUInt16BE(op, 4)
  head.writeUInt16BE(status, 6)
  head.writeUInt32BE(id, 8)
  head.writeUInt32BE(content.length, 12)
  return Buffer.concat([head, content])
}

export function fields(content) {
  const found = {}
  for (let at = 0; at < content.length;) {
    const end = at + 4 + content.readUInt16BE(at + 2)
    const tag = content.readUInt16BE(at)
    found[tag] = [...(found[tag] ?? []), content.subarray(at + 4, end)]
    at = end
  }
  return found
}

// Whole frames of what has come; the rest.
export function split(bytes) {
  const frames = []
  for (;;) {
    const size = bytes.length < 16 ? Infinity : 16 + bytes.readUInt32BE(12)
    if (bytes.length < size) return { frames, rest: bytes }
    frames.push({ magic: bytes.subarray(0, 4).toString('hex'), op: bytes.readUInt16BE(4), status: bytes.readUInt16BE(6),
      id: bytes.readUInt32BE(8), body: bytes.subarray(16, size) })
    bytes = bytes.subarray(size)
  }
}

// A client; `options` are those of tls.connect.
export class Client {
  constructor(port, options) {
    this.rest = Buffer.alloc(0)
    this.answers = []
    this.bytes = 0
    this.nextId = 1
    this.socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ...options })
    this.socket.on('data', (chunk) => this.take(chunk))
    this.socket.on('error', (error) => { this.error = error.code })
    this.closed = new Promise((done) => { this.socket.on('close', () => { this.isClosed = true; done(true) }) })
  }

  // Undefined when the server let it in, else why not. With TLS 1.3 a refusal may come behind the handshake.
  static async open(port, options) {
    const client = new Client(port, options)
    await Promise.race([once(client.socket, 'secureConnect').catch(() => 0), client.closed])
    return client
  }

  take(chunk) {
    this.bytes += chunk.length
    const { frames, rest } = split(Buffer.concat([this.rest, chunk]))
    this.answers.push(...frames)
    this.rest = Buffer.from(rest)
  }

  send(bytes) {
    if (!this.isClosed) this.socket.write(bytes)
  }

  async answer(id, ms = 10000) {
    await until(() => this.isClosed || this.answers.some((a) => a.id === id), ms)
    const at = this.answers.findIndex((a) => a.id === id)
    return at < 0 ? { status: this.isClosed ? 'closed' : 'silent', fields: {} } : this.answers.splice(at, 1)[0]
  }

  async ask(op, ...values) {
    const id = this.nextId++
    this.send(frame(op, id, body(...values)))
    const answer = await this.answer(id)
    return { ...answer, fields: answer.body ? fields(answer.body) : {} }
  }

  async status(op = OP.ping, ...values) {
    return (await this.ask(op, ...values)).status
  }

  // Closed by the other side, within so long?
  async isClosedWithin(ms) {
    return until(() => this.isClosed, ms)
  }

  close() {
    this.socket.destroy()
    return this.closed
  }
}

// --- third opinion ---

const cipher = (name, key, iv, data, decrypt = false) => {
  const c = (decrypt ? createDecipheriv : createCipheriv)(name, key, iv)
  c.setAutoPadding(false)
  return Buffer.concat([c.update(data), c.final()])
}

const xor = (a, b) => Buffer.from(a.map((byte, i) => byte ^ b[i]))

// SP 800-38B with AES.
export function cmac(key, data) {
  const aes = `aes-${key.length * 8}`
  const double = (block) => {
    const out = Buffer.from(block.map((byte, i) => ((byte << 1) & 0xff) | (i < 15 ? block[i + 1] >> 7 : 0)))
    if (block[0] & 0x80) out[15] ^= 0x87
    return out
  }
  let last = double(cipher(`${aes}-ecb`, key, null, Buffer.alloc(16)))
  let text = data
  if (text.length === 0 || text.length % 16) {
    last = double(last)
    text = Buffer.concat([text, Buffer.from([0x80]), Buffer.alloc(15 - text.length % 16)])
  }
  const end = text.length - 16
  const masked = Buffer.concat([text.subarray(0, end), xor(text.subarray(end), last)])
  return cipher(`${aes}-cbc`, key, Buffer.alloc(16), masked).subarray(-16)
}

// X9.143 version D under an AES-256 key: the key inside, when its MAC is right.
export function openBlock(kbpk, text) {
  const derive = (usage) => Buffer.concat([1, 2].map((n) =>
    cmac(kbpk, Buffer.from([n, usage >> 8, usage & 0xff, 0, 0, 4, 1, 0]))))
  const headLength = (() => {
    let at = 16
    for (let options = Number(text.slice(12, 14)); options > 0; options--) at += parseInt(text.slice(at + 2, at + 4), 16)
    return at
  })()
  const sealed = Buffer.from(text.slice(headLength, -32), 'hex')
  const mac = Buffer.from(text.slice(-32), 'hex')
  const clear = cipher('aes-256-cbc', derive(0), mac, sealed, true)
  const right = cmac(derive(1), Buffer.concat([Buffer.from(text.slice(0, headLength)), clear]))
  if (!right.equals(mac)) throw new Error('the block is not under this key')
  return clear.subarray(2, 2 + clear.readUInt16BE(0) / 8)
}

// The TAC of a purchase: left XOR right half of the card's key, DES-CBC over the data with padding 80 00….
export function tac(cardKey, data) {
  const half = xor(cardKey.subarray(0, 8), cardKey.subarray(8, 16))
  const text = Buffer.concat([data, Buffer.from([0x80]), Buffer.alloc(7 - data.length % 8)])
  return cipher('des-ede3-cbc', Buffer.concat([half, half, half]), Buffer.alloc(8), text).subarray(-8).subarray(0, 4)
}
