// SPDX-License-Identifier: Apache-2.0
// site.mjs — a small site of its own for a client: made, filled by import, served on a free port, and verified at the end.

import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const NODE = '40010007'
export const CARD = '180001'

const TABLES = {
  people: `card_no,name,person_no\n${CARD},张三,2018001\n`,
  merchants: 'merchant_no,name\nYKT300100000042,第一食堂\n',
  terminals: `node_id,sam_no,merchant_no,type,suites,dialect,sealed,state\n${NODE},100020000123,YKT300100000042,till,aes,a,no,active\n`,
  openings: `card_no,balance\n${CARD},100.00\n`,
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

export class Site {
  constructor(yika, yikad) {
    Object.assign(this, { yika, yikad })
    this.work = mkdtempSync(join(tmpdir(), 'yika-npm-'))
    this.dir = join(this.work, 'site')
  }

  run(...args) {
    return execFileSync(this.yika, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }

  make() {
    this.run('init', '--site', this.dir, '--test-keys')
    for (const [kind, text] of Object.entries(TABLES)) {
      const file = join(this.work, `${kind}.csv`)
      writeFileSync(file, text)
      this.run('import', '--site', this.dir, '--kind', kind, file)
    }
    this.sam = join(this.work, 'node.sam')
    this.passphrase = join(this.work, 'node.passphrase')
    writeFileSync(this.passphrase, 'only for this test\n', { mode: 0o600 })
    this.run('sam', '--site', this.dir, '--node', NODE, '--out', this.sam, '--passphrase', this.passphrase)
  }

  async start() {
    this.port = await freePort()
    const set = { 'terminal.listen': '', 'terminal.listen_ascii': `127.0.0.1:${this.port}`, 'web.listen': '' }
    const args = Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${value}`])
    this.daemon = spawn(this.yikad, ['--site', this.dir, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.ended = new Promise((resolve) => this.daemon.on('close', resolve))
    this.log = ''
    await new Promise((resolve, reject) => {
      this.daemon.on('error', reject)
      this.daemon.stderr.on('data', (bytes) => {
        this.log += bytes
        if (this.log.includes('yikad.ready')) resolve()
      })
      this.ended.then((status) => reject(new Error(`yikad ended with ${status}: ${this.log}`)))
    })
  }

  async stop() {
    if (!this.daemon) return undefined
    this.daemon.kill('SIGTERM')
    return this.ended
  }

  remove() {
    rmSync(this.work, { recursive: true, force: true })
  }
}
