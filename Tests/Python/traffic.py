"""Stands between the services of a running suite and whoever speaks to them, and holds every message of both sides to the OpenRPC
documents and to Documentation/Protocol.md, by Python's jsonschema.

    traffic.py STATE      prints "listening"; on SIGTERM prints a report as JSON; ends with 1 where something differs

Each STATE/run/SERVICE.sock gets another name until then, and its old one leads here. Connections that are there already pass by.

    traffic.py --tap STATE COMMAND…      is a worker process of the runner's own: COMMAND, with what both say written down

What was written down in STATE/tap-*.jsonl is held to the documents too, when the report is made.
"""
import collections, datetime, json, os, pathlib, signal, socket, struct, subprocess, sys, threading

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# What any request may be answered with, by Protocol.md, section 4. `internal` is a fault of the service, and one here.
COMMON = {
    "json.invalid", "request.invalid", "method.unknown", "params.invalid", "access.denied", "deadline.exceeded",
    "request.cancelled", "service.stopping", "limit.frame", "limit.depth", "limit.batch", "limit.inFlight", "limit.output",
    "limit.connections", "limit.connectionsPerUser", "store.busy", "store.full", "store.failed"}
STATUS = {
    "UNIMPLEMENTED": (-32601, -32012), "INVALID_ARGUMENT": (-32602, -32700, -32600), "INTERNAL": (-32603,), "CANCELLED": (-32001,),
    "DEADLINE_EXCEEDED": (-32004,), "NOT_FOUND": (-32005,), "ALREADY_EXISTS": (-32006,), "PERMISSION_DENIED": (-32007,),
    "RESOURCE_EXHAUSTED": (-32008,), "FAILED_PRECONDITION": (-32009,), "ABORTED": (-32010,), "UNAVAILABLE": (-32014,),
    "DATA_LOSS": (-32015,)}
# Members may be added to results; what a service of this version says has to be described nevertheless.
ID = {"type": ["string", "integer", "null"]}
META = {
    "type": "object", "properties": {
        "correlationId": {"type": "string", "pattern": "^[ -~]{1,128}$"}, "timeoutMs": {"type": "integer", "minimum": 1},
        "idempotencyKey": {"type": "string", "pattern": "^[ -~]{1,256}$"}, "traceparent": {"type": "string"}}}
REQUEST = {
    "type": "object", "required": ["jsonrpc", "method"], "additionalProperties": False, "properties": {
        "jsonrpc": {"const": "2.0"}, "id": ID, "method": {"type": "string"}, "params": {"type": "object"}, "meta": META}}
RESULT = {
    "type": "object", "required": ["jsonrpc", "id", "result"], "additionalProperties": False, "properties": {
        "jsonrpc": {"const": "2.0"}, "id": ID, "result": {}, "meta": META}}
ERROR = {
    "type": "object", "required": ["jsonrpc", "id", "error"], "additionalProperties": False, "properties": {
        "jsonrpc": {"const": "2.0"}, "id": ID, "meta": META, "error": {
            "type": "object", "required": ["code", "message", "data"], "additionalProperties": False, "properties": {
                "code": {"type": "integer"}, "message": {"type": "string", "minLength": 1}, "data": {
                    "type": "object", "required": ["status", "reason"], "properties": {
                        "status": {"enum": list(STATUS)}, "reason": {"type": "string", "pattern": "^[a-zA-Z.]+$"},
                        "field": {"type": "string"}, "retryAfterMs": {"type": "integer", "minimum": 0},
                        "correlationId": {"type": "string"}, "detail": {"type": "string"}}}}}}}


FORMATS = jsonschema.FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def is_moment(value):
    return not isinstance(value, str) or datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).tzinfo is not None


@FORMATS.checks("date", raises=ValueError)
def is_date(value):
    return not isinstance(value, str) or len(value) == 10 and datetime.date.fromisoformat(value)


def closed(schema):
    """The schema with nothing allowed beside what it describes, however far down."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: value if key in ("enum", "const", "default", "required") else closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict):
        made["properties"] = {name: closed(value) for name, value in schema["properties"].items()}
        made.setdefault("additionalProperties", False)
    return made


class Described:
    """A method of a service, with its schemas ready to hold messages to."""

    def __init__(self, method, components):
        def reader(schema, strict):
            whole = {**schema, "components": components}
            jsonschema.Draft7Validator.check_schema(whole)
            return jsonschema.Draft7Validator(closed(whole) if strict else whole, format_checker=FORMATS)
        named = {param["name"]: param["schema"] for param in method["params"]}
        needed = [param["name"] for param in method["params"] if param.get("required")]
        asked = method["x-direction"].startswith("runner-to")
        # What the runner says to a worker may grow by members, as results do.
        self.params = reader({"type": "object", "properties": named, "required": needed, "additionalProperties": False}, asked)
        self.result = reader(method["result"]["schema"], True) if "result" in method else None
        self.progress = reader(method["x-progress"], True) if "x-progress" in method else None
        self.reasons = {error["data"]["reason"] for error in method.get("errors", [])}
        # A worker may fail for reasons of its own.
        self.has_own_reasons = method["name"].startswith("workload.")


class Traffic:
    """What was said, and what of it is not as described."""

    def __init__(self):
        self.methods, self.counts = {}, collections.defaultdict(collections.Counter)
        self.faults, self.lock, self.messages = collections.Counter(), threading.Lock(), 0
        for path in sorted((ROOT / "Schemas").glob("*.openrpc.json")):
            document, service = json.loads(path.read_text()), path.name.split(".")[0]
            for method in document["methods"]:
                described = Described(method, document.get("components", {}))
                self.methods[service, method["name"]] = described
                for example in method.get("examples", []):
                    params = {param["name"]: param["value"] for param in example["params"]}
                    self.hold(service, method["name"], "the params of an example", described.params, params)
                    self.hold(service, method["name"], "the result of an example", described.result, example["result"]["value"])
                for error in method.get("errors", []):
                    if error["code"] not in STATUS.get(error["data"]["status"], ()):
                        self.fault(service, method["name"], f"{error['code']} is not {error['data']['status']}")

    def fault(self, service, method, what):
        with self.lock:
            self.faults[f"{service} {method}: {what}"] += 1

    def hold(self, service, method, what, validator, value):
        """Notes where the value is not as described; whether it is."""
        errors = [validator] if isinstance(validator, str) else list(validator.iter_errors(value))
        for error in errors:
            said = error if isinstance(error, str) else f"{error.json_path}: {error.message[:400]}"
            self.fault(service, method, f"{what}: {said}")
        return not errors

    def count(self, service, method, what):
        with self.lock:
            self.counts[service, method][what] += 1

    def report(self):
        untouched = sorted(f"{service} {method}" for service, method in self.methods if not self.counts[service, method]["requests"])
        unanswered = sorted(
            f"{service} {method}" for (service, method), described in self.methods.items()
            if described.result and not self.counts[service, method]["results"])
        return {
            "messages": self.messages, "methods": len(self.methods),
            "requests": sum(count["requests"] for count in self.counts.values()),
            "results": sum(count["results"] for count in self.counts.values()),
            "errors": sum(count["errors"] for count in self.counts.values()),
            "progress": sum(count["progress"] for count in self.counts.values()),
            "reasons": sorted({key[7:] for count in self.counts.values() for key in count if key.startswith("reason ")}),
            # Not a fault: a disk that is full, for instance, has tests of its own.
            "reasonsNotMet": sorted(
                f"{service} {method} {reason}" for (service, method), described in self.methods.items()
                for reason in described.reasons if not self.counts[service, method][f"reason {reason}"]),
            "untouched": untouched, "withoutResult": unanswered,
            "faults": [f"{fault} ({count} times)" for fault, count in sorted(self.faults.items())]}


class Connection:
    """One connection through here: who asks what, until it is answered."""

    def __init__(self, traffic, service):
        self.traffic, self.service = traffic, service
        # By who asked, "client" or "service": id → (method, meta, whether the params were as described).
        self.asked = {"client": {}, "service": {}}
        self.lock = threading.Lock()

    def take(self, side, body):
        self.traffic.messages += 1
        try:
            message = json.loads(body)
        except ValueError:
            if side == "service":
                self.traffic.fault(self.service, "-", "says what is no JSON")
            return
        for part in message if isinstance(message, list) else [message]:
            if isinstance(part, dict) and "method" in part:
                self.request(side, part)
            elif isinstance(part, dict) and ("result" in part or "error" in part):
                self.answer(side, part)

    def request(self, side, message):
        method, traffic = str(message["method"]), self.traffic
        sound = not list(jsonschema.Draft7Validator(REQUEST).iter_errors(message))
        if side == "service" and not sound:
            traffic.fault(self.service, method, "a request that is none")
        if method.startswith("$/"):
            return self.notified(side, method, message.get("params") or {})
        described = traffic.methods.get((self.service, method))
        if described is None:
            if side == "service":
                traffic.fault(self.service, method, "is asked and not described")
        else:
            traffic.count(self.service, method, "requests")
            # A client may be wrong, and is told so then; a service may not.
            if side == "service":
                traffic.hold(self.service, method, "params", described.params, message.get("params", {}))
            sound = sound and described.params.is_valid(message.get("params", {}))
        if "id" in message:
            with self.lock:
                self.asked[side][json.dumps(message["id"])] = (method, message.get("meta") or {}, sound, message.get("params"))

    def notified(self, side, method, params):
        known = {"$/cancelRequest": ["id"], "$/progress": ["token", "value"], "$/goodbye": []}
        if method not in known or not isinstance(params, dict) or sorted(params) != known[method]:
            return side == "service" and self.traffic.fault(self.service, method, f"with {json.dumps(params)[:200]}")
        if method != "$/progress":
            return self.traffic.count(self.service, method, "requests")
        other = "service" if side == "client" else "client"
        with self.lock:
            asked = self.asked[other].get(json.dumps(params["token"]))
        if asked is None:
            return side == "service" and self.traffic.fault(self.service, method, "for nothing that is under way")
        described = self.traffic.methods.get((self.service, asked[0]))
        self.traffic.count(self.service, asked[0], "progress")
        if side == "service" and (described is None or described.progress is None):
            return self.traffic.fault(self.service, asked[0], "tells a progress that is not described")
        if side == "service":
            self.traffic.hold(self.service, asked[0], "progress", described.progress, params["value"])

    def answer(self, side, message):
        other, traffic, service = "service" if side == "client" else "client", self.traffic, self.service
        with self.lock:
            asked = self.asked[other].pop(json.dumps(message["id"]), None)
        method, meta, sound, params = asked or ("-", {}, False, None)
        described = traffic.methods.get((service, method))
        if side == "service":
            if asked is None and message["id"] is not None:
                traffic.fault(service, method, f"an answer to nothing, or a second one: {json.dumps(message)[:200]}")
            form = jsonschema.Draft7Validator(RESULT if "result" in message else ERROR)
            traffic.hold(service, method, "answer", form, message)
            said = message.get("meta") or (message.get("error") or {}).get("data") or {}
            if asked and "correlationId" not in said:
                traffic.fault(service, method, "an answer without a correlation id")
            if "correlationId" in meta and sound and said.get("correlationId") != meta["correlationId"]:
                traffic.fault(service, method, "an answer with another correlation id")
        if described is None:
            return
        if "result" in message:
            traffic.count(service, method, "results")
            traffic.hold(service, method, "result", described.result or "is answered and not described so", message["result"])
            if side == "service" and not sound:
                traffic.fault(service, method, f"takes what its schema refuses: {json.dumps(params)[:400]}")
        elif side == "service":
            data = message["error"].get("data") or {}
            reason = data.get("reason", "")
            traffic.count(service, method, "errors")
            traffic.count(service, method, f"reason {reason}")
            if message["error"]["code"] not in STATUS.get(data.get("status"), ()):
                traffic.fault(service, method, f"{message['error']['code']} is not {data.get('status')}")
            if reason not in COMMON | described.reasons and not described.has_own_reasons:
                traffic.fault(service, method, f"the error {data.get('status')} {reason} is not described")


def pump(take, side, source, target):
    """Passes frames on until one side ends; `take` sees each before it goes."""
    pending = b""
    try:
        while block := source.recv(1 << 16):
            pending += block
            whole = 0
            while len(pending) - whole >= 4:
                length = struct.unpack_from(">I", pending, whole)[0]
                if len(pending) - whole - 4 < length:
                    break
                take(side, pending[whole + 4:whole + 4 + length])
                whole += 4 + length
            # What is not complete goes too: the other side may have to refuse it.
            pending = pending[whole:]
            target.sendall(block)
    except OSError:
        pass  # one of the two is gone; the other is told below
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(traffic, service, path):
    direct = path.with_suffix(".direct")
    path.rename(direct)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(128)

    def accept():
        while True:
            client, _ = listener.accept()
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(str(direct))
            except OSError:
                client.close()
                continue
            connection = Connection(traffic, service)
            for side, source, target in (("client", client, server), ("service", server, client)):
                threading.Thread(target=pump, args=(connection.take, side, source, target), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()
    return lambda: direct.rename(path)


def tap(state, command):
    outer, (ours, theirs) = socket.socket(fileno=int(os.environ["MILLRACE_WORKER_FD"])), socket.socketpair()
    worker = subprocess.Popen(
        command, env={**os.environ, "MILLRACE_STATE": state, "MILLRACE_WORKER_FD": str(theirs.fileno())},
        pass_fds=[theirs.fileno()])
    theirs.close()
    with open(f"{state}/tap-{os.getpid()}.jsonl", "w", buffering=1) as file:
        def take(side, body):
            file.write(json.dumps({"side": side, "body": body.decode()}) + "\n")
        threading.Thread(target=pump, args=(take, "service", outer, ours), daemon=True).start()
        pump(take, "client", ours, outer)
        worker.wait()


def main():
    if sys.argv[1] == "--tap":
        return tap(sys.argv[2], sys.argv[3:])
    # Before any thread is there, so that all of them leave it to the wait below.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    traffic, restored = Traffic(), []
    for path in sorted(pathlib.Path(sys.argv[1], "run").glob("*.sock")):
        if any(service == path.stem for service, _ in traffic.methods):
            restored.append(serve(traffic, path.stem, path))
    print("listening", flush=True)
    signal.sigwait([signal.SIGTERM])
    for restore in restored:
        restore()
    for path in sorted(pathlib.Path(sys.argv[1]).glob("tap-*.jsonl")):
        connection = Connection(traffic, "runner")
        for line in path.read_text().splitlines(keepends=True):
            if line.endswith("\n"):
                connection.take(**json.loads(line))
    report = traffic.report()
    print(json.dumps(report, indent=1), flush=True)
    os._exit(1 if report["faults"] or report["untouched"] else 0)


main()
