#!/usr/bin/env python3
"""A Millrace worker of the kind `checksum`: {"path": FILE} has the result {"sha256": …, "bytes": …}.

    worker.py [SOCKET]      by itself; when the runner starts it, it finds the connection in MILLRACE_WORKER_FD
"""
import concurrent.futures, hashlib, json, os, socket, struct, sys, threading, time

CAPACITY = 4  # calls at once

class Peer:
    def __init__(self, stream):
        self.stream, self.sending = stream, threading.Lock()

    def send(self, **message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        with self.sending:
            self.stream.sendall(struct.pack(">I", len(body)) + body)

    def messages(self):
        with self.stream.makefile("rb") as frames:
            while header := frames.read(4):
                yield json.loads(frames.read(struct.unpack(">I", header)[0]))

def checksum(params, progress):
    digest, size = hashlib.sha256(), 0
    with open(params["path"], "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
            size += len(block)
            progress(f"{size >> 10} KiB")
    return {"sha256": digest.hexdigest(), "bytes": size}

def answer(peer, id, params):
    progress = lambda text: peer.send(method="$/progress", params={"token": id, "value": {"message": text}})
    try:
        peer.send(id=id, result={"output": checksum(params["job"]["params"], progress)})
    except Exception as error:  # NOT_FOUND is final; with UNAVAILABLE, -32014, the runner would try again
        data = {"status": "NOT_FOUND", "reason": "checksum.unreadable"}
        peer.send(id=id, error={"code": -32005, "message": repr(error), "data": data})

def serve(peer, threads):
    kinds = [{"name": "checksum", "summary": "SHA-256 of a file", "stages": ["process"]}]
    peer.send(id="me", method="worker.register", params={"name": "checksum.py", "kinds": kinds, "capacity": CAPACITY})
    for message in peer.messages():  # ends when the runner hangs up
        if message.get("method") == "workload.process":
            threads.submit(answer, peer, message["id"], message["params"])
        elif message.get("method") == "worker.ping":  # "are you there?"
            peer.send(id=message["id"], result={})

with concurrent.futures.ThreadPoolExecutor(CAPACITY) as threads:
    if descriptor := os.environ.get("MILLRACE_WORKER_FD"):
        sys.exit(serve(Peer(socket.socket(fileno=int(descriptor))), threads))
    while True:  # a runner that is restarted comes back in a moment
        try:
            with socket.socket(socket.AF_UNIX) as stream:
                stream.connect(sys.argv[1] if sys.argv[1:] else "/run/millrace/runner.sock")
                serve(Peer(stream), threads)
        except OSError as error:
            print(f"no runner yet: {error}", file=sys.stderr)
        time.sleep(0.2)
