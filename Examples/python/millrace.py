#!/usr/bin/env python3
"""Millrace's services from Python, with nothing but the standard library (3.8 or later).

    runner = Service("/run/millrace/runner.sock")
    job = runner.job.submit(kind="checksum", params={"path": "/etc/hostname"}, meta={"idempotencyKey": "once"})
    print(runner.job.watch(id=job["id"], progress=print)["job"]["result"])

No method is written down here: methods, parameters and results are those of the OpenRPC document that the service answers
`rpc.discover` with; frames, cancelling, progress and errors are as Documentation/Protocol.md has them. With the package
jsonschema, parameters are checked before they are sent and results when they have come.
"""
import concurrent.futures, difflib, itertools, json, socket, struct, sys, threading

try:
    import jsonschema
except ImportError:
    jsonschema = None

LONGEST_FRAME = 16 << 20


class ServiceError(Exception):
    """An error answer. Match `code`, `status` and `reason`, never the message."""

    def __init__(self, code, message, data=None):
        super().__init__(message)
        self.code, self.message, self.data = code, message, data if isinstance(data, dict) else {}

    status = property(lambda self: self.data.get("status"))
    reason = property(lambda self: self.data.get("reason"))
    field = property(lambda self: self.data.get("field"))
    retry_after_ms = property(lambda self: self.data.get("retryAfterMs"))

    @property
    def may_be_tried_again(self):
        return self.status in ("DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "ABORTED", "UNAVAILABLE")

    def __str__(self):
        return f"{self.message} [{self.status or self.code} {self.reason or ''}]"


class ContractBroken(Exception):
    """The service has answered with something that its own document does not describe."""


class Call:
    """A request that is under way."""

    def __init__(self, service, id, method, progress):
        self.service, self.id, self.method, self.progress = service, id, method, progress
        self.answer = concurrent.futures.Future()

    def result(self, wait=None):
        """Waits for the answer, `wait` seconds at most; the result, or the error thrown."""
        return self.answer.result(wait)

    def cancel(self):
        """Asks the service to stop. It still answers, with CANCELLED or with the result that was there first."""
        self.service.notify("$/cancelRequest", {"id": self.id})


class Service:
    """A connection to a service. Methods are called by their names: `service.job.submit(kind=…)`.

    A name that is a word of Python gets an underscore: `expense.import_`, `from_`. Two names are not parameters:
    `meta` (timeoutMs, idempotencyKey, correlationId, traceparent) and `progress`, called with the value of each progress.
    """

    def __init__(self, path, checks=True):
        self._numbers, self._calls, self._sending = itertools.count(1), {}, threading.Lock()
        self._work, self.is_leaving = None, False
        self.document, self.methods, self._checks = None, {}, False
        self._stream = socket.socket(fileno=path) if isinstance(path, int) else socket.socket(socket.AF_UNIX)
        if not isinstance(path, int):
            self._stream.connect(path)
        self._ended = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()
        self.document = self.call("rpc.discover")
        self.methods = {method["name"]: method for method in self.document["methods"]}
        self._checks = checks and jsonschema is not None

    # Calls

    def call(self, method, params=None, meta=None, progress=None, wait=None):
        """Sends a request and returns its result."""
        return self.start(method, params, meta, progress).result(wait)

    def start(self, method, params=None, meta=None, progress=None):
        """Sends a request and returns at once."""
        if self._checks and method in self.methods:
            self._check_params(self.methods[method], params or {})
        if self.is_leaving:
            raise ServiceError(
                -32014, "the service is about to stop; connect again",
                {"status": "UNAVAILABLE", "reason": "service.stopping"})
        call = Call(self, next(self._numbers), method, progress)
        self._calls[call.id] = call
        message = {"id": call.id, "method": method, "params": params or {}}
        if meta:
            message["meta"] = meta
        try:
            self._send(message)
        except OSError:
            self._ended.wait(1)
        if self._ended.is_set():
            self._lose()
        return call

    def notify(self, method, params):
        self._send({"method": method, "params": params})

    def close(self):
        """Hangs up, which cancels what is being waited for."""
        try:
            self._stream.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the other side was first

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __getattr__(self, noun):
        if noun.startswith("_") or not any(name.startswith(noun + ".") for name in self.methods):
            raise AttributeError(f"the service has no methods {noun}.*")
        return _Noun(self, noun)

    def __dir__(self):
        return sorted({*super().__dir__(), *(name.split(".")[0] for name in self.methods)})

    # The document

    def _schema(self, schema):
        """The schema by itself, with what it refers to."""
        return {**schema, "components": self.document.get("components", {})}

    def _check_params(self, method, params):
        described = {param["name"]: param["schema"] for param in method["params"]}
        needed = [param["name"] for param in method["params"] if param.get("required")]
        schema = {"type": "object", "properties": described, "required": needed, "additionalProperties": False}
        for error in jsonschema.Draft7Validator(self._schema(schema)).iter_errors(params):
            field = ".".join(str(part) for part in error.absolute_path)
            raise ServiceError(
                -32602, error.message, {"status": "INVALID_ARGUMENT", "reason": "params.invalid", "field": field})

    def _check_result(self, method, result):
        schema = self._schema(self.methods[method]["result"]["schema"])
        for error in jsonschema.Draft7Validator(schema).iter_errors(result):
            raise ContractBroken(f"{method}: {error.json_path}: {error.message}")

    # Frames

    def _send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":"), allow_nan=False).encode()
        if len(body) > LONGEST_FRAME:
            raise ValueError(f"{len(body)} bytes are more than a frame holds")
        with self._sending:
            self._stream.sendall(struct.pack(">I", len(body)) + body)

    def _read(self):
        try:
            with self._stream.makefile("rb") as frames:
                while header := frames.read(4):
                    self._take(json.loads(frames.read(struct.unpack(">I", header)[0])))
        except (OSError, ValueError, struct.error):
            pass  # cut off in a frame, or hung up on: nothing after it can be read
        finally:
            self._ended.set()
            self._lose()

    def _take(self, message):
        for part in message if isinstance(message, list) else [message]:
            if "method" not in part:
                self._answered(part)
            elif "id" in part:
                self._asked(part)
            elif part["method"] == "$/progress":
                call = self._calls.get(part["params"]["token"])
                if call and call.progress:
                    call.progress(part["params"]["value"])
            elif part["method"] == "$/cancelRequest" and self._work:
                self._work.cancel(part["params"]["id"])
            elif part["method"] == "$/goodbye":
                self.is_leaving = True  # answers what is under way and takes nothing more

    def _answered(self, message):
        call = self._calls.pop(message["id"], None)
        if call is None:
            return
        if "error" in message:
            error = message["error"]
            return call.answer.set_exception(ServiceError(error["code"], error["message"], error.get("data")))
        try:
            if self._checks and call.method in self.methods:
                self._check_result(call.method, message["result"])
            call.answer.set_result(message["result"])
        except ContractBroken as broken:
            call.answer.set_exception(broken)

    def _lose(self):
        """Tells all who wait that the connection is gone. Whether their requests were carried out is not known."""
        for id in list(self._calls):
            if call := self._calls.pop(id, None):
                call.answer.set_exception(ServiceError(
                    -32014, "the connection is gone", {"status": "UNAVAILABLE", "reason": "connection.lost"}))

    # Work

    def work(self, name, kinds, capacity=4):
        """Offers to do jobs and returns; they are done on threads of their own until the connection ends.

        `kinds` has for each kind the functions of its stages: {"checksum": {"process": function}}. A function gets the params
        of the request and a Task, and returns the result as Protocol.md has it: {"output": …} for "process". The error that it
        throws is the answer; any that is no ServiceError is INTERNAL, which is not tried again.
        """
        self._work = _Work(self, kinds, capacity)
        return self.call("worker.register", {
            "name": name, "capacity": capacity,
            "kinds": [{"name": kind, "summary": kind, "stages": list(stages)} for kind, stages in kinds.items()]})

    def wait_until_ended(self, wait=None):
        """Whether the other side hung up within so many seconds."""
        return self._ended.wait(wait)

    def _asked(self, message):
        if message["method"] == "worker.ping":  # "are you there?", also while all threads are busy
            return self._reply({"id": message["id"], "result": {}})
        if self._work is None:
            error = {"code": -32601, "message": "Method not found", "data": {"status": "UNIMPLEMENTED", "reason": "method.unknown"}}
            return self._reply({"id": message["id"], "error": error})
        self._work.begin(message)

    def _reply(self, answer):
        """Sends on a thread of its own: the one that reads never waits for room, or both sides could wait for each other."""
        def send():
            try:
                self._send(answer)
            except OSError:
                pass  # hung up: nobody waits for it any more
        threading.Thread(target=send, daemon=True).start()


class _Noun:
    def __init__(self, service, noun):
        self._service, self._noun = service, noun

    def __getattr__(self, verb):
        name = f"{self._noun}.{verb[:-1] if verb.endswith('_') else verb}"
        if name not in self._service.methods:
            near = difflib.get_close_matches(name, self._service.methods)
            raise AttributeError(f"there is no method {name}" + (f"; did you mean {near[0]}?" if near else ""))

        def method(meta=None, progress=None, **params):
            return self._service.call(
                name, {key[:-1] if key.endswith("_") else key: value for key, value in params.items()}, meta, progress)
        method.__name__, method.__doc__ = name, self._service.methods[name]["summary"]
        return method

    def __dir__(self):
        return sorted(name.split(".")[1] for name in self._service.methods if name.startswith(self._noun + "."))


class Task:
    """What a function that works gets beside its params: a way to tell how it goes, and whether to stop."""

    def __init__(self, service, id):
        self.service, self.id, self.cancelled = service, id, threading.Event()

    def progress(self, message):
        self.service.notify("$/progress", {"token": self.id, "value": {"message": message}})


class _Work:
    def __init__(self, service, kinds, capacity):
        self.service, self.kinds, self.tasks = service, kinds, {}
        self.threads = concurrent.futures.ThreadPoolExecutor(capacity)

    def begin(self, message):
        task = self.tasks[message["id"]] = Task(self.service, message["id"])
        self.threads.submit(self.carry_out, task, message)

    def cancel(self, id):
        if task := self.tasks.get(id):
            task.cancelled.set()

    def carry_out(self, task, message):
        answer = {"id": task.id}
        try:
            stage = message["method"].split(".")[1]
            answer["result"] = self.kinds[message["params"]["job"]["kind"]][stage](message["params"], task)
        except ServiceError as error:
            answer["error"] = {"code": error.code, "message": error.message, "data": error.data}
        except Exception as error:
            data = {"status": "INTERNAL", "reason": "worker.failed"}
            answer["error"] = {"code": -32603, "message": repr(error), "data": data}
        self.tasks.pop(task.id, None)
        try:
            self.service._send(answer)
        except OSError:
            pass  # the lease has ended with the connection; another will do it
        except (TypeError, ValueError) as error:  # a result that JSON does not have, or that is too long
            data = {"status": "INTERNAL", "reason": "worker.failed"}
            self.service._send({"id": task.id, "error": {"code": -32603, "message": f"the result: {error}", "data": data}})


if __name__ == "__main__":
    # millrace.py SOCKET [METHOD [PARAMS]]: what a service can do, or one call.
    with Service(sys.argv[1]) as service:
        if len(sys.argv) == 2:
            for method in service.methods.values():
                print(f"{method['name']:28} {method['summary']}")
        else:
            params = json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}
            print(json.dumps(service.call(sys.argv[2], params), indent=2))
