// SPDX-License-Identifier: Apache-2.0
// site.mjs: a site with a key manager and its TLS front as processes, officers at the key manager's socket, and the
// certificates that docs/service-protocol.md makes.

import { spawn, spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { until } from './tap.mjs'

const ROOT = process.env.YIKA_ROOT ?? '.'
const BUILD = process.env.YIKA_BUILD ?? join(ROOT, 'build-asan')
const PASSWORD = 'correct horse battery'
const STEP_S = 30

// A process that nobody may look into cannot be looked through for leaks; the unit tests do that.
export const DAEMON_ENV = { ...process.env, ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1' }

export const program = (name) => join(BUILD, 'src', 'programs', name)

// --- processes ---

export class Process {
  constructor(name, args) {
    this.log = ''
    this.child = spawn(program(name), args, { stdio: ['ignore', 'ignore', 'pipe'], env: DAEMON_ENV })
    this.child.stderr.on('data', (text) => { this.log += text })
    this.ended = once(this.child, 'close')
  }

  // A line of its log from `from` on that the pattern matches.
  async said(pattern, ms = 15000, from = 0) {
    return until(() => this.log.slice(from).match(pattern), ms)
  }

  // Its exit code and signal.
  async end(signal = 'SIGTERM') {
    this.child.kill(signal)
    return this.ended
  }
}

// Whatever a test has started ends with it.
const running = new Set()
export function start(name, args) {
  const started = new Process(name, args)
  running.add(started)
  started.ended.then(() => running.delete(started))
  return started
}
export async function endAll() {
  for (const one of [...running]) await one.end('SIGKILL')
}

export function shell(text, cwd) {
  const done = spawnSync('bash', ['-euo', 'pipefail', '-c', text], { cwd, encoding: 'utf8', timeout: 60000 })
  if (done.status !== 0) throw new Error(`${text}\nended with ${done.status}: ${done.stderr}`)
  return done.stdout
}

// A block of commands as it stands in the protocol's document.
export function documented(name) {
  const text = readFileSync(join(ROOT, 'docs', 'service-protocol.md'), 'utf8')
  const found = text.match(new RegExp(`<!-- tried: ${name} -->\n\`\`\`bash\n([^]*?)\`\`\``))
  if (!found) throw new Error(`docs/service-protocol.md has no block ${name}`)
  return found[1]
}

// --- officers ---

function base32(text) {
  let bits = ''
  for (const letter of text) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))
}

function totp(secret, step) {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', base32(secret)).update(counter).digest()
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000).padStart(6, '0')
}

// The officers of one key manager, whose clock goes on as they need codes.
class Officers {
  constructor(socket, clock) {
    this.socket = socket
    this.clock = clock
    this.people = {}
    this.waiting = []
  }

  async connect() {
    this.line = createConnection(this.socket)
    await once(this.line, 'connect')
    createInterface({ input: this.line }).on('line', (line) => this.waiting.shift()(JSON.parse(line)))
  }

  disconnect() {
    this.line.destroy()
    for (const person of Object.values(this.people)) delete person.session
  }

  tell(request) {
    this.line.write(`${JSON.stringify(request)}\n`)
    return new Promise((done) => this.waiting.push(done))
  }

  // Ask, and take nothing but `code` for an answer.
  async must(request, code = 'SUCCESS') {
    const answer = await this.tell(request)
    if (answer.code !== code) throw new Error(`${JSON.stringify(request)}: ${JSON.stringify(answer)}`)
    return answer
  }

  code(secret) {
    this.clock.pass(STEP_S)
    return totp(secret, Math.floor(this.clock.now / STEP_S))
  }

  async enter(name, invite) {
    const { secret } = await this.must({ command: 'invited', name, invite })
    await this.must({ command: 'enter', name, invite, password: PASSWORD, secret, code: this.code(secret) })
    this.people[name] = { secret }
  }

  async as(name, request, code) {
    const person = this.people[name]
    if (!person.session) {
      const login = { command: 'login', name, password: PASSWORD, code: this.code(person.secret) }
      person.session = (await this.must(login)).session
    }
    return this.must({ session: person.session, ...request }, code)
  }

  async invite(name, roles) {
    const { invitation } = await this.as('mk', { command: 'officer.add', name, person: `p-${name}`, roles })
    await this.enter(name, invitation)
  }

  // An order that a second officer has to agree to.
  async agreed(name, second, request) {
    const { approval } = await this.as(name, request, 'APPROVAL_NEEDED')
    await this.as(second, { command: 'approval.agree', id: approval })
    return this.as(name, { command: request.command, approval: String(approval) })
  }
}

// The file that the key manager's clock reads.
class Clock {
  constructor(path) {
    this.path = path
    this.now = Math.floor(Date.now() / 1000)
    writeFileSync(path, this.bytes())
  }

  bytes() {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(this.now) * 1000000n)
    return bytes
  }

  // Written in place: the file is mapped.
  pass(seconds) {
    this.now += seconds
    const file = openSync(this.path, 'r+')
    writeSync(file, this.bytes(), 0, 8, 0)
    closeSync(file)
  }
}

// --- a site ---

export class Site {
  constructor() {
    this.dir = mkdtempSync(join(tmpdir(), 'yika-front-'))
    this.kms = join(this.dir, 'site', 'kms')
    this.front = join(this.dir, 'front')
    shell(`'${program('yika')}' init --site '${join(this.dir, 'site')}' --test-keys`, this.dir)
    mkdirSync(this.front, { mode: 0o700 })
    this.clock = new Clock(join(this.dir, 'clock'))
    this.officers = new Officers(join(this.kms, 'officers.sock'), this.clock)
  }

  async startCore() {
    const core = start('yika-kms', ['--dir', this.kms, '--set', `core.clock=${this.clock.path}`])
    if (!await core.said(/ kms\.ready /)) throw new Error(`yika-kms does not start: ${core.log}`)
    return core
  }

  configure(text = '') {
    const core = `[front]\naddress = 127.0.0.1:0\n[core]\nsocket = ${join(this.kms, 'service.sock')}\n`
    writeFileSync(join(this.front, 'front.conf'), core + text)
  }

  // set: "limits.idle_s=1", and what else stands on the command line.
  async startFront(...set) {
    const front = start('yika-kms-front', ['--dir', this.front, ...set.flatMap((one) => ['--set', one])])
    const ready = await front.said(/ front\.ready .*port=(\d+)/)
    if (!ready) throw new Error(`yika-kms-front does not start: ${front.log}`)
    front.port = Number(ready[1])
    return front
  }

  file(name) {
    return readFileSync(join(this.front, name))
  }

  // A certificate by the documented commands, under another name; `more` goes to openssl ca.
  issue(name, more = '', extensions = 'client') {
    const text = documented('client').replaceAll('bank-1', name).replaceAll(/client\.(key|csr|pem)/g, `${name}.$1`)
      .replace('-extensions client', `-extensions ${extensions} ${more}`)
    return { name, fingerprint: shell(text, this.front).trim().split('\n').at(-1).split(' ')[0].toUpperCase() }
  }

  remove() {
    if (existsSync(this.dir)) rmSync(this.dir, { recursive: true })
  }
}
