import Glibc

/// A worker in Python that does what the params of a job say; it needs nothing of ours but the protocol's description.
///
/// Pooled (by `MILLRACE_WORKER_FD`) or from outside, with the socket as its argument. What it does, by `do`:
/// `pid` (result `{"pid": N}`), `die` (kills itself), `wait` (writes its pid to `mark`, then waits for a line from the
/// named pipe `gate`), `snooze` (once for `ms`, its mark is the file `mark`), `tell` (progress `text`, then as `wait`),
/// `permits` (acquires `count` of `resource`, one after the other; result `{"waited": [ms]}`), `fail` (with `status`).
public enum PythonWorker {
    public static let isThere = access("/usr/bin/python3", X_OK) == 0

    /// Writes the program into the folder and returns its path.
    public static func write(to folder: TemporaryDirectory) -> String { folder.write(source, to: "worker.py") }

    static let source = #"""
        import concurrent.futures, itertools, json, os, queue, signal, socket, struct, sys, threading
        kind, capacity = sys.argv[1], int(sys.argv[2])
        stages = ["process"]
        if fd := os.environ.get("MILLRACE_WORKER_FD"):
            stream = socket.socket(fileno=int(fd))
        else:
            stream = socket.socket(socket.AF_UNIX)
            stream.connect(sys.argv[3])
        sending, numbers, answers = threading.Lock(), itertools.count(1000), {}

        def send(**message):
            body = json.dumps({"jsonrpc": "2.0", **message}).encode()
            with sending:
                stream.sendall(struct.pack(">I", len(body)) + body)

        def ask(method, **params):
            number, answer = next(numbers), queue.Queue()
            answers[number] = answer
            send(id=number, method=method, params=params)
            return answer.get()

        class Refusal(Exception):
            def __init__(self, status, code, reason, **data):
                super().__init__(reason)
                self.error = {"code": code, "message": reason, "data": {"status": status, "reason": reason, **data}}

        def wait(wish):
            if "mark" in wish:
                with open(wish["mark"] + ".new", "w") as file:
                    file.write(str(os.getpid()))
                os.rename(wish["mark"] + ".new", wish["mark"])
            gate = os.open(wish["gate"], os.O_RDONLY)
            os.read(gate, 1)  # not more: the other lines are for others
            os.close(gate)

        def work(id, params):
            wish = params["job"]["params"]
            what = wish.get("do", "pid")
            if what == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            elif what == "wait":
                wait(wish)
            elif what == "tell":
                send(method="$/progress", params={"token": id, "value": {"message": wish["text"]}})
                wait(wish)
            elif what == "snooze" and not os.path.exists(wish["mark"]):
                open(wish["mark"], "w").close()
                raise Refusal("ABORTED", -32010, "job.snoozed", retryAfterMs=wish["ms"])
            elif what == "permits":
                waited = []
                for _ in range(wish["count"]):
                    answer = ask("permit.acquire", resource=wish["resource"])
                    if "error" in answer:
                        raise Refusal(answer["error"]["data"]["status"], answer["error"]["code"],
                                      answer["error"]["data"]["reason"])
                    waited.append(answer["result"]["waitedMs"])
                    ask("permit.report", permit=answer["result"]["permit"], succeeded=True)
                return {"pid": os.getpid(), "waited": waited}
            elif what == "fail":
                raise Refusal(wish["status"], wish["code"], "test.failed", **wish.get("data", {}))
            return {"pid": os.getpid(), "attempt": params["attempt"], "fence": params["fence"]}

        def answer(id, params):
            try:
                send(id=id, result={"output": work(id, params)})
            except Refusal as refusal:
                send(id=id, error=refusal.error)

        threads = concurrent.futures.ThreadPoolExecutor(64)
        send(id=1, method="worker.register", params={
            "name": "python", "capacity": capacity, "kinds": [{"name": kind, "summary": "a test's", "stages": stages}]})
        with stream.makefile("rb") as frames:
            while header := frames.read(4):
                message = json.loads(frames.read(struct.unpack(">I", header)[0]))
                if message.get("method") == "workload.process":
                    threads.submit(answer, message["id"], message["params"])
                elif message.get("method") == "worker.ping":
                    send(id=message["id"], result={})
                elif "method" not in message and message["id"] in answers:
                    answers.pop(message["id"]).put(message)
        os._exit(0)
        """#
}
