"""Five organisations on loopback for cases that start, kill and watch parties.

    from lab import Lab
    lab = Lab(rows=200, adversary="malicious", patience="5s")
    parties = lab.start_all(wait=20)
    parties["beta"].wait_for("connected to everybody")
    parties["beta"].send(signal.SIGKILL)
    for name, code in lab.finish(parties).items(): ...

Computing parties are alpha, beta and gamma; alpha and delta hold rows; alpha and press receive results. Names of
principals can be exchanged with 'names', a dictionary from these names to others.
"""

import json
import os
import random
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time

PROGRAM = os.environ.get("PARLEY", "parley")
NAMES = ["alpha", "beta", "gamma", "delta", "press"]
COMPUTING = ["alpha", "beta", "gamma"]
HOLDERS = ["alpha", "delta"]
RECIPIENTS = ["alpha", "press"]
QUERY = "SELECT city, COUNT(*) AS n, AVG(income) AS mean FROM people GROUP BY city"


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for entry in sockets:
        entry.bind(("127.0.0.1", 0))
    ports = [entry.getsockname()[1] for entry in sockets]
    for entry in sockets:
        entry.close()
    return ports


class Lab:
    def __init__(self, rows=50, adversary="semi-honest", patience="60s", maximum_rows=None, sql=QUERY, minimum_cell=0,
                 names=None, folder=None, lines=()):
        self.folder = folder or tempfile.mkdtemp(prefix="lab-")
        self.names = {name: (names or {}).get(name, name) for name in NAMES}
        self.ports = dict(zip(COMPUTING, free_ports(len(COMPUTING))))
        self.keys = {}
        for name in NAMES:
            os.makedirs(self.path(name), exist_ok=True)
            made = self.run(name, "identity", "create", "--name", self.names[name], "--json", check=True)
            self.keys[name] = json.loads(made.stdout)["publicKey"]
        for number, holder in enumerate(HOLDERS):
            self.write_rows(holder, rows, seed=number + 1)
        self.settings = dict(
            adversary=adversary, patience=patience, maximum_rows=maximum_rows or max(1000, 2 * rows + 100), sql=sql,
            minimum_cell=minimum_cell, lines=list(lines))
        self.study = os.path.join(self.folder, "study.yml")
        with open(self.study, "w") as file:
            file.write(self.text())
        # The statement's last word is the hash that '--accept' takes.
        self.accept = self.run("alpha", "study", "statement", self.study, check=True).stdout.split()[-1]

    def path(self, name, *parts):
        return os.path.join(self.folder, name, *parts)

    def environment(self, name):
        home = self.path(name)
        return dict(os.environ, PARLEY_HOME=home, HOME=home)

    def run(self, name, *words, check=False, timeout=120):
        """One command of a principal, to its end."""
        return subprocess.run(
            [PROGRAM, *words], env=self.environment(name), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace", check=check, timeout=timeout)

    def write_rows(self, holder, rows, seed):
        values = random.Random(seed)
        with open(self.path(holder, "people.csv"), "w") as file:
            file.write("age,city,income\n")
            for _ in range(rows):
                file.write(f"{values.randint(0, 120)},{values.choice(['north', 'south'])},{values.randint(0, 1000)}\n")

    def text(self):
        s, name = self.settings, self.names
        lines = ["parley: 1", "name: Small study", "parties:"]
        for party in NAMES:
            lines += [f"  - name: {name[party]}", f"    organisation: Organisation {party}", f"    key: {self.keys[party]}"]
            if party in COMPUTING:
                lines.append(f'    endpoint: "127.0.0.1:{self.ports[party]}"')
        lines += [
            f"computing: [{', '.join(name[p] for p in COMPUTING)}]",
            "tables:", "  - name: people", f"    holders: [{', '.join(name[p] for p in HOLDERS)}]",
            f"    maximum-rows: {s['maximum_rows']}", "    columns:",
            "      - {name: age, type: int, range: [0, 120]}",
            "      - {name: city, type: category, values: [north, south]}",
            "      - {name: income, type: int, range: [0, 1000], nullable: true}",
            "queries:", "  - name: cities", "    sql: |", "      " + s["sql"],
            f"security: {{protocol: replicated, adversary: {s['adversary']}}}",
            f"release: {{minimum-cell: {s['minimum_cell']}, recipients: [{', '.join(name[p] for p in RECIPIENTS)}]}}",
            f"patience: {s['patience']}", "require-signatures: false", *s["lines"]]
        return "\n".join(lines) + "\n"

    def words(self, party, wait=30, level="info", state=None, data=None, attempts=None, more=()):
        words = [
            "party", self.study, "--as", self.names[party], "--wait", str(wait), "--log-level", level,
            "--state", state or self.path(party, "state"), "--receipt", self.path(party, "receipt.json")]
        if party in RECIPIENTS:
            words += ["--out", self.path(party, "result.csv")]
        if party in HOLDERS:
            words += ["--data", "people=" + (data or self.path(party, "people.csv")), "--accept", self.accept]
        if attempts is not None:
            words += ["--attempts", str(attempts)]
        return words + list(more)

    def start(self, party, **options):
        return Party(party, [PROGRAM, *self.words(party, **options)], self.environment(party))

    def start_all(self, only=NAMES, **options):
        return {party: self.start(party, **options) for party in only}

    @staticmethod
    def finish(parties, timeout=120):
        """Exit codes; 'HANG' for whoever had to be killed."""
        end = time.monotonic() + timeout
        return {name: party.finish(max(0.1, end - time.monotonic())) for name, party in parties.items()}

    @classmethod
    def lasting(cls, seconds, rows=500, **options):
        """A lab whose session takes at least so long on this machine, and how long it takes once all have met."""
        while True:
            lab = cls(rows=rows, **options)
            parties = lab.start_all(wait=60)
            parties["alpha"].wait_for("connected to everybody")
            started = time.monotonic()
            lab.finish(parties)
            measured = time.monotonic() - started
            if measured >= seconds:
                return lab, measured
            rows *= 4

    def clean_outputs(self):
        for party in NAMES:
            for name in ("receipt.json", "result.csv"):
                if os.path.exists(self.path(party, name)):
                    os.unlink(self.path(party, name))


class Party:
    """A running 'parley party' and what it says on standard error."""

    def __init__(self, name, words, environment):
        self.name, self.started, self.ended, self.lines, self.output = name, time.monotonic(), None, [], ""
        self.process = subprocess.Popen(
            words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, errors="replace", start_new_session=True)
        self.readers = [threading.Thread(target=work, daemon=True) for work in (self._errors, self._output)]
        for reader in self.readers:
            reader.start()

    def _errors(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))
        self.ended = time.monotonic()

    def _output(self):
        self.output = self.process.stdout.read()

    @property
    def errors(self):
        return "\n".join(self.lines)

    @property
    def code(self):
        """The last error code on standard error, such as 'network/timeout'; empty where there is none."""
        codes = re.findall(r"\[([a-z]+/[a-z-]+)\]", self.errors)
        return codes[-1] if codes else ""

    @property
    def alive(self):
        return self.process.poll() is None

    @property
    def resident_megabytes(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))

    def wait_for(self, text, timeout=60, times=1):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if self.errors.count(text) >= times:
                return
            if not self.alive and not self.readers[0].is_alive():
                break
            time.sleep(0.01)
        if self.errors.count(text) < times:
            raise AssertionError(f"{self.name} did not say '{text}' {times} time(s):\n{self.errors}")

    def send(self, number):
        if self.alive:
            os.kill(self.process.pid, number)

    def finish(self, timeout=120):
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            self.process.wait(5)
            return "HANG"
        for reader in self.readers:
            reader.join(5)
        return self.process.returncode
