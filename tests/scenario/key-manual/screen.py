# SPDX-License-Identifier: Apache-2.0
"""A shell on a pseudo terminal, and the officers who sit at it in turn: they answer what is asked of them."""
import base64
import hashlib
import hmac
import os
import pty
import re
import select
import signal
import struct
import termios
import time

MARK = "§yika§ "
QUESTION = re.compile(r"(?:^|\n)([^\n]*: )$")
BEGIN = 1772413200  # 2026-03-02 09:00 in China; the dates in the manual follow from it
LOGIN_STEP_S = 31  # a one-time code is taken once: the clock goes on between two logins


def seen(text):
    """A return writes over the line."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(line.rsplit("\r", 1)[-1] for line in lines)


class Clock:
    """The clock of the site: a file of 8 bytes, as replays drive it."""

    def __init__(self, path):
        self.path = path
        self.set(BEGIN)

    def set(self, seconds):
        self.now = seconds
        with open(self.path, "r+b" if os.path.exists(self.path) else "wb") as f:
            f.write(struct.pack("=q", int(seconds * 1_000_000)))

    def forward(self, seconds):
        self.set(self.now + seconds)


def one_time_code(secret, now):
    """RFC 6238, SHA-1, six digits, as authenticator apps do it."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(now) // 30), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


class Officers:
    """What each of them knows: the app's secret, the password, the PINs of the media."""

    def __init__(self, clock):
        self.clock = clock
        self.who = None
        self.invitations = {}
        self.kcv = ""
        self.secrets = {}
        self.typed = set()  # all that was typed unseen

    def password(self, name):
        return f"Sehr langes Kennwort 7 {name[::-1]}!"

    def answer(self, question, command, screen):
        name = re.match(r"\w*", question)[0]
        if name == "invitation":
            return self.invitations[self.who]
        if name == "code":
            return self.code(screen)
        if name in ("password", "new", "again"):
            return self.password(self.who)
        if name == "pin":
            return self.pin(command)
        if name == "new_pin":
            return "70318842 device"
        if name in ("value", "part"):
            return hashlib.sha256(f"dice of {self.officer(command)} at {self.clock.now}".encode()).hexdigest()
        raise AssertionError(f"nobody knows an answer to {question!r}")

    def code(self, screen):
        told = re.search(r"\n  ([A-Z2-7]{16,})\n  otpauth:", screen)
        if told:
            self.secrets[self.who] = told[1]
        return one_time_code(self.secrets[self.who], self.clock.now)

    def pin(self, command):
        """Each medium has a PIN of its own, however the command names it."""
        medium = re.search(r"(?:--out |file=@)(\S+)", command)[1]
        return f"PIN of {os.path.basename(medium)} {len(medium) % 7}"

    def officer(self, command):
        named = re.search(r"--as (\S+)", command)
        return named[1] if named else self.who

    def complete(self, command):
        """kcv=… is the check value that was shown last."""
        return command.replace("kcv=…", f"kcv={self.kcv}")

    def sit_down(self, command):
        found = re.search(r"yika key (?:login|accept) (\S+)", command)
        if found:
            self.who = found[1]
            self.clock.forward(LOGIN_STEP_S)

    def look_at(self, command, screen):
        """Who was invited, and by what: the first officer's invitation is a file."""
        name = re.search(r"officer\.add name=(\S+)", command) or \
            re.search(r"^op: officer\.reset$(?:.|\n)*^about: (\S+)", screen, re.M)
        told = re.search(r"^invitation: (\S+)$", screen, re.M)
        if name:
            self.invited = name[1]
        kcv = re.findall(r"\bkcv: (\w+)$", screen, re.M)
        if kcv:
            self.kcv = kcv[-1]
        if told:
            self.invitations[self.invited] = told[1]
        elif "first-officer-invitation" in command:
            self.invitations["mk"] = screen.strip()


class Screen:
    """bash on a pseudo terminal. `run` gives what stands below the command when it has ended."""

    def __init__(self, directory, environment, officers, patience_s=60):
        self.officers = officers
        self.patience_s = patience_s
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"],
                       dict(environment, PS1=MARK, TERM="dumb", HISTFILE=""))
        self.read()

    def close(self):
        os.close(self.fd)
        os.kill(self.pid, signal.SIGHUP)
        os.waitpid(self.pid, 0)

    def read(self):
        """Up to the shell's next turn, or a question with nothing behind it."""
        text, end = "", time.time() + self.patience_s
        raw = b""
        while True:
            quiet = not select.select([self.fd], [], [], 0.03)[0]
            if not quiet:
                raw += os.read(self.fd, 65536)
                text = seen(raw.decode(errors="replace"))
            if text.endswith(MARK) or (quiet and QUESTION.search(text)):
                return text
            if time.time() > end:
                raise AssertionError(f"no more came after\n{text}")

    def echoes(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def type(self, text):
        os.write(self.fd, (text + "\n").encode())

    def run(self, command):
        command = self.officers.complete(command)
        self.officers.sit_down(command)
        self.type(command)
        screen = ""
        while True:
            screen += self.read()
            if screen.endswith(MARK):
                break
            self.reply(QUESTION.search(screen)[1], command, screen)
        shown = screen[:-len(MARK)].split("\n", 1)[1]  # below the command's own line
        self.officers.look_at(command, shown)
        return shown

    def reply(self, question, command, screen):
        text = self.officers.answer(question, command, screen)
        if not self.echoes() and not question.startswith("invitation"):  # that one was on the screen before
            self.officers.typed.add(text)
        self.type(text)
