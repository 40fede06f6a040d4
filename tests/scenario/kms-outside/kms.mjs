// SPDX-License-Identifier: Apache-2.0
// kms.mjs — a key manager of its own for a test: made by `yika init`, filled by key_stock, run as yika-kms; and a client
// of its service that knows nothing but docs/service-protocol.md.

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const hex = (bytes) => Buffer.from(bytes).toString('hex').toUpperCase()
export const unhex = (text) => Buffer.from(text, 'hex')
export const repeat = (byte, n) => Buffer.alloc(n, byte)

let count = 0
let failures = 0

export function check(name, got, want) {
  const [a, b] = [got, want].map((v) => (v instanceof Uint8Array ? hex(v) : JSON.stringify(v)))
  const ok = a !== undefined && a === b
  count++
  failures += ok ? 0 : 1
  console.log(`${ok ? 'ok' : 'not ok'} ${count} - ${name}`)
  if (!ok) console.log(`#   got  ${a}\n#   want ${b}`)
}

export function done() {
  console.log(`1..${count}`)
  process.exit(failures ? 1 : 0)
}

// A program of others; one that is missing ends the test.
export function run(program, args, input) {
  const { error, status, stdout, stderr } = spawnSync(program, args, { input, maxBuffer: 1 << 26 })
  if (error) throw new Error(`${program}: ${error.message}: see packaging/apt-test.txt`)
  return { status, stdout, stderr: stderr.toString() }
}

export class KeyManager {
  constructor(yika, yikaKms, keyStock) {
    Object.assign(this, { yika, yikaKms, keyStock })
    this.work = mkdtempSync(join(tmpdir(), 'yika-outside-'))
    this.dir = join(this.work, 'site', 'kms')
  }

  make() {
    execFileSync(this.yika, ['init', '--site', join(this.work, 'site'), '--test-keys'], { stdio: ['ignore', 'ignore', 'pipe'] })
  }

  // Rows of key_stock; blocks and check values by label.
  stock(rows) {
    const { status, stdout, stderr } = run(this.keyStock, [this.dir], rows.join('\n') + '\n')
    if (status !== 0) throw new Error(`key_stock: ${stderr}`)
    return Object.fromEntries(stdout.toString().trim().split('\n').map((line) => {
      const [label, kcv, block] = line.split(' ')
      return [label, { kcv, block }]
    }))
  }

  get pin() {
    return readFileSync(join(this.dir, 'token', 'user-pin'), 'latin1').trim()
  }

  get tokenConf() {
    return join(this.dir, 'token', 'softhsm2.conf')
  }

  get socket() {
    return join(this.dir, 'service.sock')
  }

  async start() {
    this.process = spawn(this.yikaKms, ['--dir', this.dir], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.ended = new Promise((resolve) => this.process.on('close', resolve))
    this.log = ''
    await new Promise((resolve, reject) => {
      this.process.on('error', reject)
      this.process.stderr.on('data', (bytes) => {
        this.log += bytes
        if (this.log.includes('kms.ready')) resolve()
      })
      this.ended.then((status) => reject(new Error(`yika-kms ended with ${status}: ${this.log}`)))
    })
  }

  async stop() {
    if (!this.process) return undefined
    this.process.kill('SIGTERM')
    return this.ended
  }

  file(name, bytes) {
    const path = join(this.work, name)
    writeFileSync(path, bytes)
    return path
  }

  remove() {
    rmSync(this.work, { recursive: true, force: true })
  }
}

const HEAD = 16
const REPLY_MS = 20000
const IDENTIFY = 0xf1

// Values in their order: [tag, bytes | text]. A repeated tag stands several times.
export function body(values) {
  return Buffer.concat(values.map(([tag, value]) => {
    const bytes = Buffer.from(value)
    const head = Buffer.alloc(4)
    head.writeUInt16BE(tag)
    head.writeUInt16BE(bytes.length, 2)
    return Buffer.concat([head, bytes])
  }))
}

function unbody(bytes) {
  const values = []
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt16BE(at + 2)
    values.push([bytes.readUInt16BE(at), bytes.subarray(at + 4, end)])
    at = end
  }
  return values
}

export class Client {
  constructor() {
    Object.assign(this, { id: 0, waiting: new Map(), held: Buffer.alloc(0) })
  }

  async open(path, fingerprint) {
    this.socket = connect(path)
    this.socket.on('data', (bytes) => this.take(bytes))
    this.socket.on('error', (error) => this.fail(error))
    this.socket.on('close', () => this.fail(new Error('the service closed the line')))
    return (await this.ask(IDENTIFY, [[0x04, fingerprint]])).status
  }

  fail(error) {
    this.waiting.forEach(({ reject }) => reject(error))
    this.waiting.clear()
  }

  take(bytes) {
    this.held = Buffer.concat([this.held, bytes])
    while (this.held.length >= HEAD && this.held.length >= HEAD + this.held.readUInt32BE(12)) {
      const end = HEAD + this.held.readUInt32BE(12)
      const [frame, rest] = [this.held.subarray(0, end), this.held.subarray(end)]
      this.held = rest
      const asked = this.waiting.get(frame.readUInt32BE(8))
      this.waiting.delete(frame.readUInt32BE(8))
      asked?.resolve({
        head: frame.subarray(0, 4).toString('hex'), op: frame.readUInt16BE(4), status: frame.readUInt16BE(6),
        values: unbody(frame.subarray(HEAD)),
      })
    }
  }

  // { status, values, of(tag): all of that tag, result: the first of tag 05 }
  async ask(op, values) {
    const content = body(values)
    const head = Buffer.alloc(HEAD)
    const id = ++this.id
    head.writeUInt32BE(0x4f430101)
    head.writeUInt16BE(op, 4)
    head.writeUInt32BE(id, 8)
    head.writeUInt32BE(content.length, 12)
    let late
    const answer = await new Promise((resolve, reject) => {
      late = setTimeout(() => reject(new Error(`no answer to ${op.toString(16)}`)), REPLY_MS)
      this.waiting.set(id, { resolve, reject })
      this.socket.write(Buffer.concat([head, content]))
    }).finally(() => clearTimeout(late))
    const of = (tag) => answer.values.filter(([t]) => t === tag).map(([, value]) => value)
    return { ...answer, of, result: of(0x05)[0] }
  }

  close() {
    this.socket.end()
  }
}
