"""A bad line for tests: a proxy for TCP on loopback that delays, throttles, cuts at a byte, or goes silent.

Runs anywhere without rights. What a stream can suffer is here; lost packets are in tun.py, which needs root.
"""
import selectors
import socket
import threading
import time

UP, DOWN = 0, 1  # node to hub, hub to node


class Wire:
    """One connection: both sockets and what is under way between them."""

    def __init__(self, near, far):
        self.ends = (near, far)
        self.held = ([], [])  # (time, bytes) in each direction
        self.free_at = [0.0, 0.0]
        self.bytes = [0, 0]
        self.shut = [False, False]
        self.dead = False

    def close(self):
        self.dead = True
        for s in self.ends:
            s.close()


class Proxy:
    """Listens on `port` and passes connections on to the hub's port. Settings may change at any time."""

    def __init__(self, target):
        self.target = target
        self.delay_s = 0.0          # one way
        self.rate = None            # bytes a second in each direction; None: as fast as it goes
        self.allowed = None         # bytes of direction UP in all: what is above waits until it is raised
        self.cut_after = None       # bytes of both directions of one connection: then it is reset
        self.mute = [False, False]  # this direction is swallowed, and nobody is told
        self.refuse = False
        self.wires, self.total, self.connections = [], [0, 0], 0
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.loop, daemon=True)
        self.thread.start()

    def close(self):
        self.ended.set()
        self.thread.join()
        self.listener.close()

    def drop_all(self):
        """Reset every connection, as a line that breaks."""
        for w in list(self.wires):
            w.dead = True

    def accept(self):
        near, _ = self.listener.accept()
        self.connections += 1
        if self.refuse:
            near.close()
            return
        far = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            far.connect(("127.0.0.1", self.target))
        except OSError:
            near.close()
            far.close()
            return
        for s in (near, far):
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
            s.setblocking(False)
        self.wires.append(Wire(near, far))

    def read(self, w, way):
        """Take from one end what it has, as much as the line may hold."""
        if sum(len(b) for _, b in w.held[way]) > 65536:
            return
        room = 8192
        if way == UP and self.allowed is not None:
            room = min(room, self.allowed - self.total[UP])
            if room <= 0:
                return
        try:
            data = w.ends[way].recv(room)
        except BlockingIOError:
            return
        except OSError:
            w.dead = True
            return
        if not data:
            w.shut[way] = True
            return
        if self.mute[way]:
            return
        if self.cut_after is not None:
            data = data[:max(0, self.cut_after - sum(w.bytes))]
        w.bytes[way] += len(data)
        self.total[way] += len(data)
        now = time.monotonic()
        begin = max(now, w.free_at[way])
        w.free_at[way] = begin + (len(data) / self.rate if self.rate else 0)
        w.held[way].append((w.free_at[way] + self.delay_s, data))

    def write(self, w, way):
        """Hand on what has been under way for long enough."""
        queue, now = w.held[way], time.monotonic()
        while queue and queue[0][0] <= now:
            at, data = queue[0]
            try:
                n = w.ends[1 - way].send(data)
            except BlockingIOError:
                return
            except OSError:
                w.dead = True
                return
            if n < len(data):
                queue[0] = (at, data[n:])
                return
            queue.pop(0)
        if w.shut[way] and not queue:
            w.dead = True  # both sides are told at once: no session goes on after one of them left

    def step(self, w):
        for way in (UP, DOWN):
            if not w.shut[way]:
                self.read(w, way)
            self.write(w, way)
        if self.cut_after is not None and sum(w.bytes) >= self.cut_after and not any(w.held):
            w.dead = True

    def loop(self):
        with selectors.DefaultSelector() as sel:
            sel.register(self.listener, selectors.EVENT_READ)
            while not self.ended.is_set():
                if sel.select(0.002 if self.wires else 0.02):
                    self.accept()
                for w in list(self.wires):
                    self.step(w)
                    if w.dead:
                        w.close()
                        self.wires.remove(w)
        for w in self.wires:
            w.close()
