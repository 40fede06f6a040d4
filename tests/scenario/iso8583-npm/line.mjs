// SPDX-License-Identifier: Apache-2.0
// line.mjs YIKA YIKAD SAM_PIPE: an outside client on a real line in dialect A. It signs in with a SAM, sells, repeats, is
// refused, reverses, asks for a balance and signs off; npm iso_8583 packs and unpacks, node:crypto makes the MACs.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { CARD, Site } from './site.mjs'
import { frame, pack, Splitter, tlv, unpack, untlv } from './ytap.mjs'

const SUITE = 1
const REPLY_MS = 10000

let count = 0
let failures = 0
function check(name, got, want) {
  const ok = JSON.stringify(got) === JSON.stringify(want)
  count++
  failures += ok ? 0 : 1
  console.log(`${ok ? 'ok' : 'not ok'} ${count} - ${name}`)
  if (!ok) console.log(`#   got  ${JSON.stringify(got)}\n#   want ${JSON.stringify(want)}`)
}

class Sam {
  constructor(program, file, passphrase) {
    this.process = spawn(program, [file, passphrase], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]()
  }

  async ask(...words) {
    this.process.stdin.write(words.join(' ') + '\n')
    const { value, done } = await this.lines.next()
    if (done || value.startsWith('!')) throw new Error(`SAM: ${words[0]}: ${value}`)
    return value
  }

  close() {
    this.process.stdin.end()
  }
}

class Line {
  constructor(port) {
    this.socket = connect(port, '127.0.0.1')
    this.waiting = null
    const splitter = new Splitter()
    this.socket.on('data', (bytes) => splitter.push(bytes).forEach((message) => this.waiting.resolve(message)))
    this.socket.on('error', (error) => this.waiting?.reject(error))
    this.socket.on('close', () => this.waiting?.reject(new Error('the host closed the line')))
  }

  // One request at a time, as a terminal does.
  send(message) {
    this.socket.write(frame(message))
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('no reply')), REPLY_MS)
      this.waiting = { resolve: (reply) => (clearTimeout(late), resolve(reply)), reject }
    })
  }

  close() {
    this.socket.end()
  }
}

const localTime = () => new Date(Date.now() + 8 * 3600_000).toISOString().replace(/\D/g, '')
const hex64 = (n) => BigInt(n).toString(16).padStart(16, '0').toUpperCase()

class Till {
  constructor(line, sam) {
    Object.assign(this, { line, sam, stan: 0, batch: '000000' })
  }

  common() {
    const now = localTime()
    this.stan++
    return { 11: String(this.stan).padStart(6, '0'), 12: now.slice(8, 14), 13: now.slice(4, 8), 41: this.node, 42: this.merchant }
  }

  async hello() {
    const [node, samNo, merchant, version] = (await this.sam.ask('identity')).split(' ')
    Object.assign(this, { node, merchant: merchant.padEnd(15), rt: randomBytes(16).toString('hex').toUpperCase() })
    const offer = tlv({ DF10: '01', DF11: this.rt, DF12: samNo, DF13: version, DF14: '6E706D' })
    const reply = unpack(await this.line.send(pack({ 0: '0800', ...this.common(), 60: '00000000801', 62: offer })))
    const tags = untlv(reply[62])
    this.rh = tags.DF15
    return { code: reply[39], suite: tags.DF10, host: await this.sam.ask('check', SUITE, this.rt, tags.DF15, tags.DF16) }
  }

  async signIn() {
    const ct = await this.sam.ask('prove', SUITE, this.rt, this.rh)
    const proof = tlv({ DF10: '01', DF15: this.rh, DF17: ct, DF04: '00000000', DF18: hex64(1) })
    const request = pack({ 0: '0800', ...this.common(), 60: '00000000802', 62: proof }, Buffer.alloc(16))
    const end = request.length - 16
    request.write(await this.sam.ask('sign', SUITE, request.subarray(0, end).toString('hex')), end, 'latin1')
    const reply = await this.line.send(request)
    const tags = untlv(unpack(reply)[62])
    this.tak = Buffer.from(await this.sam.ask('unwrap', SUITE, tags.DF21), 'hex')
    const fields = unpack(reply, this.tak) // the new key confirms itself
    this.batch = fields[60].slice(2, 8)
    this.tsn = BigInt('0x' + tags.DF26)
    return fields
  }

  // A request of the card; the TSN is new unless one is given.
  sale(mti, kind, { amount, tsn, original, reason } = {}) {
    const tags = { DF01: hex64(tsn ?? ++this.tsn), ...(original ? { DF02: hex64(original) } : {}) }
    return {
      0: mti, 2: CARD, 3: kind.f3, ...(amount ? { 4: String(amount).padStart(12, '0'), 49: '156' } : {}),
      ...this.common(), 22: '072', 25: '00', ...(reason ? { 39: reason } : {}), 57: tlv(tags),
      60: kind.class + this.batch + '000',
    }
  }

  async ask(fields, key = this.tak) {
    return unpack(await this.line.send(pack(fields, key)), key === this.tak ? key : undefined)
  }
}

const PURCHASE = { f3: '000000', class: '22' }
const BALANCE = { f3: '310000', class: '01' }
const balanceOf = (reply) => Number(reply[54]?.slice(8, 20))

async function business(till) {
  const hello = await till.hello()
  check('hello is answered', [hello.code, hello.suite], ['00', '01'])
  check('the host proves itself', hello.host, 'yes')
  const signIn = await till.signIn()
  check('sign-in is answered under the new key', [signIn[0], signIn[39]], ['0810', '00'])

  const purchase = till.sale('0200', PURCHASE, { amount: 1250 })
  const bought = await till.ask(purchase)
  check('a purchase is approved', [bought[0], bought[39], bought[4]], ['0210', '00', '000000001250'])
  check('its reply echoes the request', [bought[2], bought[11], bought[41]], [CARD, purchase[11], till.node])
  const again = await till.ask({ ...purchase, 0: '0201' })
  check('a repeat gets the stored answer', [again[39], again[37], again[38]], ['00', bought[37], bought[38]])
  const changed = await till.ask({ ...purchase, 0: '0201', 4: '000000001251' })
  check('the same number with another amount is refused', changed[39], '94')
  const rich = await till.ask(till.sale('0200', PURCHASE, { amount: 99999999 }))
  check('more money than there is is refused', rich[39] !== '00', true)
  const asked = await till.ask(till.sale('0200', BALANCE))
  check('the balance is what is left', [asked[39], balanceOf(asked)], ['00', 8750])

  const reversal = till.sale('0400', PURCHASE, { amount: 1250, original: till.tsn - 2n, reason: '98' })
  check('a reversal is accepted', (await till.ask(reversal))[39], '00')
  check('and again', (await till.ask({ ...reversal, 0: '0401' }))[39], '00')
  check('the money is back', balanceOf(await till.ask(till.sale('0200', BALANCE))), 10000)
  const forged = await till.ask(till.sale('0200', PURCHASE, { amount: 100 }), Buffer.alloc(16, 7))
  check('a wrong F64 is answered A0', forged[39], 'A0')
  check('and moved nothing', balanceOf(await till.ask(till.sale('0200', BALANCE))), 10000)
  const signOff = await till.ask({ 0: '0800', ...till.common(), 60: `00${till.batch}002` })
  check('sign-off is answered', signOff[39], '00')
}

const [yika, yikad, samPipe] = process.argv.slice(2)
const site = new Site(yika, yikad)
try {
  site.make()
  await site.start()
  const line = new Line(site.port)
  const sam = new Sam(samPipe, site.sam, site.passphrase)
  await business(new Till(line, sam))
  sam.close()
  line.close()
} catch (error) {
  check('the client gets through', `${error.stack}\n${error.stderr ?? ''}${site.log ?? ''}`, '')
}
check('the daemon stops well', await site.stop(), 0)
try {
  site.run('verify', '--site', site.dir)
  check('the book is clean', true, true)
} catch (error) {
  check('the book is clean', `${error.stdout}${error.stderr}`, '')
}
if (!failures) site.remove()
console.log(`1..${count}`)
process.exit(failures ? 1 : 0)
