"""A hub and nodes as real processes on loopback, for the demonstration and the tests of whole programs.

Everything stands in one folder; every process started here is ended by close(), by its own number.
"""
import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
WAIT_S = 180.0  # for a process to do what it is known to do, on whatever machine: a wait ends as soon as it came
TOOL_S = 600.0  # for a verb to end
held_ports = []  # sockets that keep the ports of free_port() for as long as this script runs


class Failed(Exception):
    """What was expected did not come true."""


def check(what, truth):
    if not truth:
        raise Failed("not true: " + what)
    print("ok   " + what, flush=True)


def free_port():
    """A port of loopback at which nobody listens: whoever dials it is refused. It stays ours: no other program is given
    it, even while the daemon that we tell to listen there is down; that one binds it beside the socket kept here."""
    s = bound(0)
    try:
        with bound(s.getsockname()[1]) as beside:
            beside.listen()
        held_ports.append(s)
        return s.getsockname()[1]
    except OSError:  # a system on which two do not share it
        with s:
            return s.getsockname()[1]


def bound(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", port))
    return s


def wait_for(what, test, seconds=WAIT_S):
    """The first true value of test(); Failed when it does not come in time."""
    until = time.monotonic() + seconds
    while True:
        value = test()
        if value:
            return value
        if time.monotonic() > until:
            raise Failed("waited in vain for " + what)
        time.sleep(0.05)


class Program:
    """One data folder and the program that owns it."""

    dates_are_right = False

    def __init__(self, world, binary, name):
        self.world, self.binary, self.name = world, os.path.join(world.build, binary), name
        self.process = None
        self.code, self.said = 0, ""

    def tool(self, *args, ok=(0,)):
        """Run a verb; its standard output. Another exit code than those of `ok` is a failure. What it says beside that
        stands in self.said."""
        if self.dates_are_right and args[0] in ("put", "import"):
            args = (args[0], "--confirm-dates", *args[1:])
        p = subprocess.run([self.binary, args[0], "--data", self.name, *args[1:]], cwd=self.world.dir,
                           env=self.world.env, stdin=subprocess.DEVNULL, capture_output=True, timeout=TOOL_S,
                           check=False)
        if p.returncode not in ok:
            raise Failed("%s %s %s: exit %d\n%s%s" % (os.path.basename(self.binary), self.name, " ".join(args)[:200],
                                                     p.returncode, p.stdout.decode(errors="replace")[-2000:],
                                                     p.stderr.decode(errors="replace")[-2000:]))
        self.code, self.said = p.returncode, p.stderr.decode(errors="replace")
        return p.stdout.decode()

    def ask(self, *args, ok=(0,)):
        """Run a verb with --json; its value."""
        return json.loads(self.tool(*args, "--json", ok=ok))

    def start(self):
        assert self.process is None
        log = open(os.path.join(self.world.logs, self.name + ".log"), "ab")  # kept by the child alone
        with log:
            self.process = subprocess.Popen([self.binary, "run", "--data", self.name], cwd=self.world.dir,
                                            env=self.world.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def end(self, how=signal.SIGTERM, expect=True):
        """End the daemon. After SIGTERM it must end well."""
        if self.process is None:
            return
        p, self.process = self.process, None
        if p.poll() is None:
            p.send_signal(how)
        try:
            code = p.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
            raise Failed(self.name + " did not end") from None
        if how == signal.SIGTERM and expect and code != 0:
            raise Failed("%s ended with %d\n%s" % (self.name, code, self.log()[-3000:]))

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def log(self):
        with open(os.path.join(self.world.logs, self.name + ".log"), encoding="utf-8", errors="replace") as f:
            return f.read()


class Hub(Program):
    def __init__(self, world):
        super().__init__(world, "dongbo-hub", "hub")

    def init(self, unit, name, catalogue, port=0):
        self.tool("init", "--unit", unit, "--name", name, "--catalogue", catalogue, "--listen", "127.0.0.1:%d" % port,
                  "--web", "127.0.0.1:0")

    def run(self):
        """Start the daemon and wait until it listens; its ports."""
        path = os.path.join(self.world.dir, self.name, "run", "ports.json")
        if os.path.exists(path):
            os.remove(path)
        self.start()
        wait_for("the hub", lambda: not self.alive() or os.path.exists(path))
        if not self.alive():
            raise Failed("the hub did not start\n" + self.log()[-3000:])
        with open(path, encoding="ascii") as f:
            self.ports = json.load(f)
        return self.ports


class Node(Program):
    dates_are_right = True  # those of the tests are long ago

    def __init__(self, world, unit, name=None):
        super().__init__(world, "dongbo-node", name or "xa" + unit)
        self.unit = unit

    def older(self, file, person):
        """Rows that only a workflow writes, saved as a program would that asks nobody. The daemon must not run."""
        program = os.path.join(self.world.build, "tests/e2e/older_program")
        p = subprocess.run([program, self.name, file, person], cwd=self.world.dir, env=self.world.env,
                           stdin=subprocess.DEVNULL, capture_output=True, timeout=TOOL_S, check=False)
        if p.returncode != 0:
            raise Failed("older_program %s: exit %d\n%s" % (file, p.returncode, p.stderr.decode(errors="replace")))

    def enter(self, file, person="Trần Văn Bình"):
        """Import a file of tests/data; its reports, which no import takes, go in by themselves. What was answered."""
        with open(os.path.join(self.world.dir, file), encoding="utf-8") as f:
            rows = list(f)
        reports = [r for r in rows if json.loads(r)["type"] == "report"]
        if reports:
            file = self.name + "-rest.ndjson"
            for name, some in ((self.name + "-reports", reports), (file, [r for r in rows if r not in reports])):
                with open(os.path.join(self.world.dir, name), "w", encoding="utf-8") as f:
                    f.writelines(some)
            self.end()
            self.older(self.name + "-reports", person)
            self.run()
        got = self.ask("import", file)
        got["created"] += len(reports)
        return got

    def join(self, hub=None):
        """A new folder, and an invitation of the hub taken up."""
        self.tool("init", "--name", self.name)
        self.tool("join", (hub or self.world.hub).ask("invite", "--unit", self.unit)["invitation"])

    def address(self, address):
        """Point the node elsewhere than its invitation says. For its next start."""
        path = os.path.join(self.world.dir, self.name, "dongbo.conf")
        with open(path, "w", encoding="utf-8") as f:
            f.write("[hub]\naddress = %s\n" % address)

    def run(self):
        self.start()
        path = os.path.join(self.world.dir, self.name, "dongbo.sock")
        wait_for(self.name, lambda: not self.alive() or listening(path))
        if not self.alive():
            raise Failed(self.name + " did not start\n" + self.log()[-3000:])

    def status(self):
        return self.ask("status", ok=(0, 3, 14))

    def sync(self):
        """Until the hub has what is here and this node what is there. After a session that was under way and broke,
        or at a hub that just came back, it is asked again."""
        def done():
            self.tool("sync", ok=range(0, 126))
            return self.code in (0, 14) and self.status()["log"]["waiting"] == 0
        try:
            wait_for("%s to sync" % self.name, done)
        except Failed:
            self.tool("sync", ok=(0, 14))  # says why
            raise


def copy_folder(source, target):
    """A data folder as a thief or an office copies it, while its program runs: what is gone meanwhile is left out."""
    os.makedirs(target)
    for entry in list(os.scandir(source)):
        to = os.path.join(target, entry.name)
        if entry.is_dir(follow_symlinks=False):
            copy_folder(entry.path, to)
        elif entry.is_file(follow_symlinks=False):  # a socket is none
            try:
                shutil.copy2(entry.path, to)
            except FileNotFoundError:
                pass


def listening(path):
    """Does somebody answer at this local socket? Its path may be too long for a name; threads share a folder."""
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
            s.connect("/proc/self/fd/%d/%s" % (folder, os.path.basename(path)))
        return True
    except OSError:
        return False
    finally:
        os.close(folder)


class World:
    """The folder and all processes. Use it in a with statement: nothing is left running."""

    def __init__(self, build, folder):
        self.build, self.dir = os.path.abspath(build), os.path.abspath(folder)
        self.env = dict(os.environ, DONGBO_PERSON="Nguyễn Thị Lan", LC_ALL="C.UTF-8")
        self.logs = self.dir  # where the daemons' own words go
        self.hub, self.nodes = Hub(self), {}
        os.makedirs(self.dir, exist_ok=True)

    def node(self, unit):
        self.nodes[unit] = Node(self, unit)
        return self.nodes[unit]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for p in [*self.nodes.values(), self.hub]:
            if p.process is not None:
                try:
                    p.end(expect=False)
                except Failed:
                    pass  # it was killed


def on_signals():
    """SIGTERM and SIGHUP end the script as Ctrl-C does: through all with statements."""
    def stop(number, _):
        raise KeyboardInterrupt(signal.Signals(number).name)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)


class Story:
    """A test that is a class: a world, its hub and officers, and steps one after the other."""

    def __init__(self, world):
        self.w, self.hub, self.officers = world, world.hub, []

    def path(self, *parts):
        return os.path.join(self.w.dir, *parts)

    def write_file(self, name, data):
        with open(self.path(name), "wb") as f:
            f.write(data)

    def read_file(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def officer(self, name, *more):
        """One more officer; the options that sign as this one."""
        n = len(self.officers)
        self.write_file("mat-khau-%d" % n, "một mật khẩu dài {}\n".format(n).encode())
        key = ["--key", "khoa-%d" % n, "--passphrase", "mat-khau-%d" % n]
        self.hub.tool("officer", "add", name, "--role", "all", *key, *more)
        self.officers.append(key)
        return key

    def go(self, *steps):
        for step in steps:
            print("--- " + step.__name__, flush=True)
            step()


def play(doc, story, *options):
    """The main of a test: story(world, arguments) in a folder of its own, which is kept when it fails, or in the one
    that --dir names. `options` are (name, what add_argument() wants). The exit code."""
    name = os.path.splitext(os.path.basename(sys.argv[0]))[0]
    p = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("build")
    p.add_argument("--dir")
    for option, how in options:
        p.add_argument(option, **how)
    a = p.parse_args()
    on_signals()
    folder, keep = a.dir or tempfile.mkdtemp(prefix="dongbo-%s-" % name), a.dir is not None
    try:
        with World(a.build, folder) as world:
            story(world, a)
    except Exception as e:
        keep = True
        print("FAILED, the folder %s is kept: %s" % (folder, e), file=sys.stderr)
        if not isinstance(e, Failed):
            raise
        return 1
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    print("%s: all true" % name)
    return 0
