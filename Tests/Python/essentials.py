"""What a client in Python has to be able to do with a running suite, by Examples/python/millrace.py alone.

    essentials.py STATE      prints a line for each thing that works; ends with 1 at the first that does not

The suite has no workers of kinds that begin with "py-"; they are here.
"""
import concurrent.futures, json, os, pathlib, queue, signal, socket, struct, sys, threading, time, traceback

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "Examples" / "python"))
from millrace import Service, ServiceError  # noqa: E402

STATE = pathlib.Path(sys.argv[1])
PATIENCE = 60
PATIENT = {"timeoutMs": 1000 * PATIENCE}


def path(service):
    return str(STATE / "run" / f"{service}.sock")


def refused(status, reason, call, field=None):
    """The error that the call is answered with, which is the one expected."""
    try:
        answer = call()
    except ServiceError as error:
        assert (error.status, error.reason) == (status, reason), f"{error} {error.data}"
        assert field is None or error.field == field, error.data
        return error
    raise AssertionError(f"{reason} was expected, not {answer}")


def until(what, holds):
    """Waits until it holds."""
    end = time.monotonic() + PATIENCE
    while not (value := holds()):
        assert time.monotonic() < end, f"in vain: {what}"
        time.sleep(0.02)
    return value


class Bench:
    """A worker with a kind for each thing to try, and what it met."""

    def __init__(self):
        self.met, self.gate = queue.Queue(), threading.Event()
        self.service = Service(path("runner"))
        self.service.work("essentials", {
            "py-echo": {"process": self.echo}, "py-parts": {
                "plan": self.plan, "preload": self.preload, "process": self.part, "summarize": self.sum_up},
            "py-flaky": {"process": self.flaky}, "py-snooze": {"process": self.snooze}, "py-wait": {"process": self.wait},
            "py-lost": {"process": self.lost}, "py-odd": {"process": self.odd}}, capacity=16)

    def echo(self, params, task):
        task.progress("half way")
        return {"output": {"said": params["job"]["params"]}}

    def odd(self, params, task):
        """What is no JSON, what is no text, and what is nested too deep."""
        deep = []
        for _ in range(100):
            deep = [deep]
        return {"output": {"object": object(), "number": float("nan"), "text": "caf\udce9", "deep": deep}[params["job"]["params"]["what"]]}

    def plan(self, params, task):
        return {"items": [{"key": f"part-{n}", "input": {"n": n}} for n in range(params["job"]["params"]["parts"])], "slots": 2}

    def preload(self, params, task):
        self.met.put(("preload", [item["key"] for item in params["items"]]))
        return {}

    def part(self, params, task):
        n = params["item"]["input"]["n"]
        if n == 1:
            raise ServiceError(-32005, "there is no 1", {"status": "NOT_FOUND", "reason": "part.missing"})
        return {"output": {"square": n * n}}

    def sum_up(self, params, task):
        return {"result": {"sum": sum(item["output"]["square"] for item in params["items"] if item["state"] == "succeeded")}}

    def flaky(self, params, task):
        if params["attempt"] == 1:
            raise ServiceError(-32014, "not yet", {"status": "UNAVAILABLE", "reason": "test.away", "retryAfterMs": 10})
        return {"output": {"attempt": params["attempt"], "fence": params["fence"]}}

    def snooze(self, params, task):
        if not self.gate.is_set():
            self.gate.set()
            raise ServiceError(-32010, "too early", {"status": "ABORTED", "reason": "job.snoozed", "retryAfterMs": 50})
        return {"output": {"attempt": params["attempt"]}}

    def wait(self, params, task):
        self.met.put(("waits", params["job"]["id"]))
        assert task.cancelled.wait(PATIENCE), "was not cancelled"
        self.met.put(("cancelled", params["job"]["id"]))
        raise ServiceError(-32001, "stopped", {"status": "CANCELLED", "reason": "request.cancelled"})

    def lost(self, params, task):
        raise KeyError("what no worker expects")


def methods_are_those_of_the_document(bench):
    for service in ("runner", "preloader", "categorizer", "scheduler", "metrics"):
        with Service(path(service)) as client:
            assert {"service.ping", "service.status", "rpc.discover"} <= set(client.methods), service
            assert client.service.ping()["service"] == service
    runner = bench.service
    assert "submit" in dir(runner.job)
    for wrong in (lambda: runner.jobs, lambda: runner.job.submitt):
        try:
            wrong()
            raise AssertionError("a method that is not described")
        except AttributeError as error:
            assert "no method" in str(error)
    # Before anything is sent, by the schema; the service says the same.
    wrong = {"kind": "py-echo", "priority": 5000}
    refused("INVALID_ARGUMENT", "params.invalid", lambda: runner.call("job.submit", wrong), field="priority")
    with Service(path("runner"), checks=False) as unchecked:
        refused("INVALID_ARGUMENT", "params.invalid", lambda: unchecked.call("job.submit", wrong), field="priority")


def a_job_is_submitted_watched_and_done(bench):
    seen = []
    job = bench.service.job.submit(kind="py-echo", params={"text": "grün"})
    assert job["durability"] == "disk" and not job["duplicate"] and job["correlationId"]
    done = bench.service.job.watch(id=job["id"], progress=seen.append, meta=PATIENT)
    assert done["job"]["state"] == "succeeded" and done["job"]["result"] == {"said": {"text": "grün"}}, done
    # A watch that comes late may miss what was; the one below cannot.
    assert bench.service.job.show(id=job["id"])["job"] == done["job"]


def progress_is_told(bench):
    job = bench.service.job.submit(kind="py-echo", runAt="2100-01-01T00:00:00Z", params={})
    seen = queue.Queue()
    watch = bench.service.start("job.watch", {"id": job["id"]}, progress=seen.put)
    assert seen.get(timeout=PATIENCE)["job"]["state"] == "scheduled"
    bench.service.job.edit(id=job["id"], runAt="2020-01-01T00:00:00Z")
    states, messages = set(), set()
    assert watch.result(PATIENCE)["job"]["state"] == "succeeded"
    while not seen.empty():
        value = seen.get()
        states.add(value["job"]["state"])
        messages.add(value.get("message"))
    assert states & {"ready", "running", "succeeded"} and "half way" in messages, (states, messages)


def a_job_of_parts_is_planned_preloaded_processed_and_summed_up(bench):
    job = bench.service.job.submit(kind="py-parts", params={"parts": 4})
    done = bench.service.job.watch(id=job["id"], meta=PATIENT)["job"]
    assert done["state"] == "partial" and done["result"] == {"sum": 0 + 4 + 9}, done
    assert ("preload", ["part-0", "part-1", "part-2", "part-3"]) == bench.met.get(timeout=PATIENCE)
    items = bench.service.job.show(id=job["id"], items=True)["items"]
    failed = [item for item in items if item["state"] == "failed"]
    assert [item["key"] for item in failed] == ["part-1"] and failed[0]["error"]["data"]["reason"] == "part.missing", items


def what_may_pass_is_tried_again_and_the_rest_is_not(bench):
    done = [bench.service.job.watch(id=bench.service.job.submit(kind=kind, params={}, backoffMs=10)["id"], meta=PATIENT)["job"]
            for kind in ("py-flaky", "py-snooze", "py-lost")]
    assert done[0]["state"] == "succeeded" and done[0]["result"]["attempt"] == 2 and done[0]["result"]["fence"] > 0, done[0]
    assert done[1]["state"] == "succeeded" and done[1]["result"]["attempt"] == 1, done[1]
    assert done[2]["state"] == "failed" and done[2]["error"]["data"]["status"] == "INTERNAL", done[2]


def a_result_that_is_none_fails_its_job_and_nothing_else(bench):
    other = bench.service.job.submit(kind="py-wait", params={})["id"]
    assert bench.met.get(timeout=PATIENCE) == ("waits", other)
    for what in ("object", "number", "text", "deep"):
        job = bench.service.job.submit(kind="py-odd", params={"what": what})["id"]
        done = bench.service.job.watch(id=job, meta=PATIENT)["job"]
        assert done["state"] == "failed" and done["error"]["data"]["status"] == "INTERNAL", done
    assert bench.service.job.show(id=other)["job"]["state"] == "running"
    bench.service.job.cancel(id=other)
    assert bench.met.get(timeout=PATIENCE)[1] == other


def a_job_is_cancelled_and_so_is_a_request(bench):
    job = bench.service.job.submit(kind="py-wait", params={})["id"]
    assert bench.met.get(timeout=PATIENCE) == ("waits", job)
    watch = bench.service.start("job.watch", {"id": job})
    watch.cancel()
    refused("CANCELLED", "request.cancelled", lambda: watch.result(PATIENCE))
    refused("DEADLINE_EXCEEDED", "deadline.exceeded", lambda: bench.service.job.watch(id=job, meta={"timeoutMs": 100}))
    assert bench.service.job.show(id=job)["job"]["state"] == "running", "cancelling a request is not cancelling the job"
    assert {reason["code"] for reason in bench.service.job.why(id=job)["reasons"]} & {"processing"}
    bench.service.job.cancel(id=job, reason="enough")
    assert bench.met.get(timeout=PATIENCE) == ("cancelled", job)
    assert bench.service.job.watch(id=job, meta=PATIENT)["job"]["state"] == "cancelled"


def one_key_is_one_job(bench):
    def submit(text, key="essentials-1"):
        return bench.service.job.submit(kind="py-echo", params={"text": text}, meta={"idempotencyKey": key})
    first, second = submit("a"), submit("a")
    assert first["id"] == second["id"] and second["duplicate"] and not first["duplicate"]
    refused("ALREADY_EXISTS", "job.keyReused", lambda: submit("b"))
    assert submit("a", "essentials-2")["id"] != first["id"]


def errors_have_a_status_and_a_reason(bench):
    runner = bench.service
    error = refused("NOT_FOUND", "job.notFound", lambda: runner.job.show(id=999_999))
    assert error.code == -32005 and not error.may_be_tried_again and error.data["correlationId"]
    refused("NOT_FOUND", "kind.unknown", lambda: runner.job.submit(kind="py-ecco"), field="kind")
    refused("UNIMPLEMENTED", "method.unknown", lambda: runner.call("job.submitt"))
    error = refused("NOT_FOUND", "job.notFound", lambda: runner.job.show(id=999_999, meta={"correlationId": "mine"}))
    assert error.data["correlationId"] == "mine"
    refused("FAILED_PRECONDITION", "job.notWaiting",
            lambda: runner.job.bury(id=runner.job.list(states=["succeeded"], limit=1)["jobs"][0]["id"]))


def frames_are_as_the_protocol_says(bench):
    def speak(*bodies, raw=b""):
        with socket.socket(socket.AF_UNIX) as stream:
            stream.settimeout(PATIENCE)
            stream.connect(path("runner"))
            stream.sendall(raw + b"".join(struct.pack(">I", len(body)) + body for body in bodies))
            stream.shutdown(socket.SHUT_WR)
            with stream.makefile("rb") as frames:
                answers = []
                while header := frames.read(4):
                    answers.append(json.loads(frames.read(struct.unpack(">I", header)[0])))
                return answers

    def codes(answers):
        return [answer["error"]["code"] for answer in answers if "error" in answer]
    ping = b'{"jsonrpc":"2.0","id":"\xc3\xa4","method":"service.ping"}'
    assert codes(speak(b"{")) == [-32700] and codes(speak(b"[]")) == [-32600] and codes(speak(b'{"a":1,"a":2}')) == [-32600]
    assert codes(speak(raw=b"\0\0\0\0")) == [-32600] and codes(speak(raw=b"\x7f\0\0\0")) == [-32008]
    # A notification is not answered, not even a wrong one; a batch by one array.
    [answer] = speak(ping.replace(b'"id":"\xc3\xa4",', b""), b'{"jsonrpc":"2.0","method":"no.such"}', ping)
    assert answer["id"] == "ä" and answer["meta"]["correlationId"]
    [answers] = speak(b"[" + ping + b',7,{"jsonrpc":"2.0","id":2,"method":"no.such"}]')
    assert sorted(json.dumps(answer["id"]) for answer in answers) == ['"\\u00e4"', "2", "null"]
    # One byte at a time it is the same.
    with socket.socket(socket.AF_UNIX) as stream:
        stream.connect(path("runner"))
        for byte in struct.pack(">I", len(ping)) + ping:
            stream.sendall(bytes([byte]))
        assert stream.recv(4)


def many_are_asked_at_once_and_each_is_answered_once(bench):
    slow = bench.service.start("permit.acquire", {"resource": "nobody-limits-this"})
    pings = [bench.service.start("service.ping", meta={"correlationId": f"ping-{n}"}) for n in range(500)]
    assert len([ping.result(PATIENCE) for ping in pings]) == 500
    bench.service.permit.release(permit=slow.result(PATIENCE)["permit"])


def an_attached_job_goes_with_its_connection(bench):
    with Service(path("runner")) as client:
        job = client.job.submit(kind="py-wait", params={}, attached=True)["id"]
        assert bench.met.get(timeout=PATIENCE) == ("waits", job)
    assert bench.met.get(timeout=PATIENCE) == ("cancelled", job)
    assert bench.service.job.watch(id=job, meta=PATIENT)["job"]["state"] == "cancelled"


def rows_are_preloaded(bench):
    (STATE / "data").mkdir(exist_ok=True)
    (STATE / "data" / "py-rows.json").write_text('{"a":{"n":1},"b":{"n":2}}')
    declared = STATE / "etc" / "datasets.d"
    declared.mkdir(parents=True, exist_ok=True)
    (declared / "py-rows.yaml").write_text("name: py-rows\nfile: { path: py-rows.json }\n")
    with Service(path("preloader")) as preloader:
        preloader.service.reload()
        rows = preloader.preload.fetch(datasets=[{"dataset": "py-rows", "keys": ["a", "x", "b"]}], kind="py-echo")["datasets"][0]
        assert rows["values"] == {"a": {"n": 1}, "b": {"n": 2}} and rows["missing"] == ["x"], rows
        refused("NOT_FOUND", "dataset.unknown", lambda: preloader.preload.fetch(datasets=[{"dataset": "py-rose", "keys": ["a"]}]))
        [stats] = preloader.preload.stats(dataset="py-rows")["datasets"]
        assert stats["physicalRequests"] == 1, stats


def expenses_get_their_category(bench):
    with Service(path("categorizer")) as categorizer:
        categorizer.category.put(name="Py food")
        expense = {"id": "py-1", "merchant_name": "SQ *STARBUCKS #123", "amount": 4.5, "transaction_date": "2026-11-21T09:30:00Z"}
        categorizer.expense.learn(corrections=[{"expense": expense, "category": "Py food"}])
        known = categorizer.expense.categorize(expense={**expense, "id": "py-2", "merchant_name": "STARBUCKS"})
        assert known["category_name"] == "Py food" and known["confidence"] > 0.5, known
        many = categorizer.expense.categorizeBatch(expenses=[{**expense, "id": f"py-{n}"} for n in range(3, 30)])
        assert [one["category_name"] for one in many["results"]] == ["Py food"] * 27, many
        refused("NOT_FOUND", "category.unknown",
                lambda: categorizer.expense.learn(corrections=[{"expense": expense, "category": "Py foot"}]))


def schedules_start_jobs(bench):
    with Service(path("scheduler")) as scheduler:
        job = {"kind": "py-echo", "params": {"by": "schedule"}}
        scheduler.schedule.put(schedule={"name": "py-nightly", "job": job, "cron": ["30 2 * * *"], "zone": "Europe/Berlin"})
        times = scheduler.schedule.next(name="py-nightly", after="2026-03-27T12:00:00Z", count=3)["runs"]
        # The night without half past two is the 29th; what falls into the gap runs when the clocks are set.
        assert [moment["at"] for moment in times] == [
            "2026-03-28T01:30:00.000Z", "2026-03-29T01:00:00.000Z", "2026-03-30T00:30:00.000Z"], times
        assert "py-nightly" in [found["schedule"]["name"] for found in scheduler.schedule.list(prefix="py-")["schedules"]]
        run = scheduler.schedule.run(name="py-nightly")
        done = bench.service.job.watch(id=run["run"]["job"], meta=PATIENT)["job"]
        assert done["result"] == {"said": {"by": "schedule"}}, done
        scheduler.schedule.pause(name="py-nightly", reason="trying")
        assert scheduler.schedule.show(name="py-nightly")["schedule"]["paused"], scheduler.schedule.show(name="py-nightly")
        scheduler.schedule.resume(name="py-nightly")
        refused("INVALID_ARGUMENT", "params.invalid",
                lambda: scheduler.schedule.put(schedule={"name": "py-wrong", "job": job, "cron": ["61 * * * *"]}))
        planned = scheduler.schedule.backfill(name="py-nightly", from_="2026-11-01T00:00:00Z", to="2026-11-08T00:00:00Z", dryRun=True)
        assert len(planned["runs"]) == 7, planned
        scheduler.schedule.remove(name="py-nightly")
        refused("NOT_FOUND", "schedule.unknown", lambda: scheduler.schedule.show(name="py-nightly"))


def every_service_answers_the_standing_methods(bench):
    for name in ("runner", "preloader", "categorizer", "scheduler", "metrics"):
        with Service(path(name)) as service:
            for method, params in (("ping", {}), ("status", {}), ("metrics", {}), ("reload", {}), ("setLogLevel", {"level": "info"})):
                getattr(service.service, method)(**params)


def connected(service):
    """A connection to a service that may not be there yet."""
    def attempt():
        try:
            return Service(path(service))
        except (OSError, ServiceError):
            return None
    return until(f"the {service} is back", attempt)


def a_service_that_stops_says_goodbye_and_answers_what_it_has(bench):
    with Service(path("preloader")) as preloader:
        pings = [preloader.start("service.ping") for _ in range(50)]
        os.kill(preloader.service.ping()["pid"], signal.SIGTERM)
        assert {ping.result(PATIENCE)["service"] for ping in pings} == {"preloader"}
        assert preloader.wait_until_ended(PATIENCE) and preloader.is_leaving
        refused("UNAVAILABLE", "service.stopping", preloader.service.ping)
    with connected("preloader") as again:
        assert again.service.ping()["service"] == "preloader"


def a_runner_that_was_killed_is_found_again_and_no_job_is_doubled(bench):
    def submit(service):
        return service.job.submit(kind="py-echo", params={"once": True}, meta={**PATIENT, "idempotencyKey": "essentials-killed"})
    first = submit(bench.service)
    waiting = bench.service.start("job.watch", {"id": bench.service.job.submit(kind="py-wait", params={})["id"]})
    bench.met.get(timeout=PATIENCE)
    os.kill(bench.service.service.ping()["pid"], signal.SIGKILL)
    refused("UNAVAILABLE", "connection.lost", lambda: waiting.result(PATIENCE))
    assert bench.service.wait_until_ended(PATIENCE)
    with connected("runner") as again:
        second = submit(again)
        assert second["id"] == first["id"] and second["duplicate"], second


def main():
    bench = Bench()
    for trial in (
            methods_are_those_of_the_document, a_job_is_submitted_watched_and_done, progress_is_told,
            a_job_of_parts_is_planned_preloaded_processed_and_summed_up, what_may_pass_is_tried_again_and_the_rest_is_not,
            a_result_that_is_none_fails_its_job_and_nothing_else, a_job_is_cancelled_and_so_is_a_request, one_key_is_one_job, errors_have_a_status_and_a_reason,
            frames_are_as_the_protocol_says, many_are_asked_at_once_and_each_is_answered_once,
            an_attached_job_goes_with_its_connection, rows_are_preloaded, expenses_get_their_category, schedules_start_jobs,
            every_service_answers_the_standing_methods,
            a_service_that_stops_says_goodbye_and_answers_what_it_has, a_runner_that_was_killed_is_found_again_and_no_job_is_doubled):
        trial(bench)
        print("works:", trial.__name__.replace("_", " "), flush=True)
    os._exit(0)  # the worker's threads wait for a runner that was killed


try:
    main()
except BaseException:
    traceback.print_exc()
    os._exit(1)  # the worker's threads would wait on
