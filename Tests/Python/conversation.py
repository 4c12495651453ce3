"""Calls every method of every service of a running suite, so that what both sides say can be held to the schemas (traffic.py).

    conversation.py STATE BACKOFFICE      ends with 1 at the first answer that was not expected

BACKOFFICE is the program with the ready workloads, which the runner starts, tapped by traffic.py.

First the examples of the documents, word for word, whatever comes of them; then a course in which each method has to succeed.
"""
import datetime, json, os, pathlib, sys, threading, time, traceback

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "Examples" / "python"))
from millrace import Service, ServiceError  # noqa: E402

STATE = pathlib.Path(sys.argv[1])
PATIENCE = 60
PATIENT = {"timeoutMs": 1000 * PATIENCE}
NOW = datetime.datetime.now(datetime.timezone.utc)


def moment(**distance):
    return f"{NOW + datetime.timedelta(**distance):%Y-%m-%dT%H:%M:%S.000Z}"


def service(name):
    return Service(str(STATE / "run" / f"{name}.sock"), checks=False)


def refused(reason, call, *arguments, **params):
    try:
        answer = call(*arguments, **params)
    except ServiceError as error:
        assert error.reason == reason, f"{reason} expected, not {error}"
        return error
    raise AssertionError(f"{reason} expected, not {json.dumps(answer)}")


def say_the_examples(client, but=()):
    """Each example as it stands, and each method with a parameter that it has not."""
    for name, method in client.methods.items():
        if name.startswith("workload.") or name in ("worker.ping", "worker.register", *but):
            continue
        for example in method.get("examples", []):
            try:
                # What only ends with something else is given up again.
                params = {param["name"]: param["value"] for param in example["params"]}
                client.call(name, params, meta={"timeoutMs": 500, "correlationId": f"example-{name}"}, wait=PATIENCE)
            except ServiceError as error:
                # The books of this suite are not those of the example; but what it says has to make sense.
                assert error.reason != "params.invalid", f"the example {name} {json.dumps(params)}: {error}"
        refused("params.invalid", client.call, name, {"surplus": 1})


class Bench:
    """A worker that does what a job's params say."""

    def __init__(self):
        self.service, self.waits, self.snoozed = service("runner"), threading.Semaphore(0), threading.Event()
        self.service.work("conversation", {
            "talk": {"process": self.talk},
            "parts": {
                "plan": lambda params, task: {"items": [{"key": "a", "input": 1}, {"key": "b"}], "slots": 2},
                "preload": lambda params, task: {}, "process": self.part,
                "summarize": lambda params, task: {"result": {"items": len(params["items"]), "cancelled": params["cancelled"]}}}})

    def talk(self, params, task):
        wish = params["job"]["params"]
        task.progress("at it")
        if wish.get("wait"):
            self.waits.release()
            task.cancelled.wait(PATIENCE)
            raise ServiceError(-32001, "stopped", {"status": "CANCELLED", "reason": "request.cancelled"})
        if wish.get("snooze") and not self.snoozed.is_set():
            self.snoozed.set()
            raise ServiceError(-32010, "too early", {"status": "ABORTED", "reason": "job.snoozed", "retryAfterMs": 1})
        if wish.get("fail"):
            raise ServiceError(-32005, "not there", {"status": "NOT_FOUND", "reason": "talk.missing", "field": "fail"})
        if params["attempt"] <= wish.get("later", 0):
            raise ServiceError(-32014, "later", {"status": "UNAVAILABLE", "reason": "talk.away", "retryAfterMs": 1})
        return {"output": wish}

    def part(self, params, task):
        if params["item"]["key"] == "b":
            raise ServiceError(-32005, "no b", {"status": "NOT_FOUND", "reason": "part.missing"})
        return {"output": {"input": params["item"]["input"]}}


def talk_to_the_runner(bench):
    runner = service("runner")
    say_the_examples(runner)
    for gate in ({"queue": "default"}, {"queue": "mail"}, {"kind": "sync-task-order-logs"}):
        runner.queue.resume(**gate)
    runner.queue.set(queue="default", durability="crash")
    runner.queue.set(queue="default", durability="disk")

    def submit(kind="talk", meta=None, **more):
        return runner.job.submit(kind=kind, meta=meta, **{"params": {}, **more})

    def end(id):
        return runner.job.watch(id=id, meta=PATIENT, progress=lambda value: None)["job"]
    # Every way for a job to end.
    assert end(submit(params={"a": [1, None, "ü"]}, key="k", priority=3, timeoutMs=60_000, itemTimeoutMs=30_000)["id"])["state"] == "succeeded"
    failed = submit(params={"fail": True})["id"]
    assert end(failed)["state"] == "failed"
    assert end(submit(params={"later": 2}, backoffMs=1)["id"])["state"] == "succeeded"
    assert end(submit(params={"snooze": True})["id"])["state"] == "succeeded"
    partial = submit(kind="parts")["id"]
    assert end(partial)["state"] == "partial"
    running = submit(params={"wait": True}, hooks=[{"on": ["cancelled"], "job": {"kind": "talk", "params": {"after": "hook"}}}])["id"]
    assert bench.waits.acquire(timeout=PATIENCE)
    waiting = submit(after=[running], uniqueKey="u", key="k")["id"]
    buried = submit(runAt=moment(days=1), key="line")["id"]
    paused = submit(queue="quiet")["id"] if runner.queue.pause(queue="quiet", reason="month end", until=moment(hours=1)) else 0
    for id in (running, waiting, buried, paused, failed, partial):
        runner.job.show(id=id, items=True, attempts=True, transitions=True, limit=10)
        assert runner.job.why(id=id)["reasons"], id
    refused("job.uniqueTaken", submit, uniqueKey="u")
    assert submit(uniqueKey="u", uniqueMode="keep")["duplicate"]
    assert submit(uniqueKey="u", uniqueMode="replace", after=[running])["replaced"] == waiting
    refused("job.keyReused", lambda: [submit(params={"n": n}, meta={"idempotencyKey": "once"}) for n in range(2)])
    refused("kind.unknown", submit, kind="tolk")
    runner.job.edit(id=buried, priority=-5, params={"b": 1}, key="other", maxAttempts=2)
    runner.job.bury(id=buried, reason="not now")
    runner.job.why(id=buried)
    refused("job.notWaiting", runner.job.bury, id=failed)
    refused("job.notWaiting", runner.job.edit, id=failed, priority=1)
    refused("job.notRetryable", runner.job.retry, id=running)
    assert runner.job.redrive(ids=[buried], buried=True)["redriven"] == 1
    assert runner.job.retry(id=partial)["items"] == 1 and end(partial)["state"] == "partial"
    assert end(runner.job.submitBatch(jobs=[{"kind": "talk"}, {"kind": "talk", "params": {"n": 2}}])["jobs"][1]["id"])["result"] == {"n": 2}
    # What refuses one job refuses a batch with it.
    for reason, job in (
            ("job.keyReused", {"kind": "talk", "params": {"n": 9}, "idempotencyKey": "once"}), ("kind.unknown", {"kind": "tolk"}),
            ("job.uniqueTaken", {"kind": "talk", "uniqueKey": "u"})):
        refused(reason, runner.job.submitBatch, jobs=[{"kind": "talk"}, job])
    # Limits of what waits, and those of a key: two run, ten wait.
    for scope, name in (("queue", "quiet"), ("kind", "talk"), ("user", str(os.getuid()))):
        runner.limit.set(scope=scope, name=name, waiting=1)
        for call in (lambda: submit(queue="quiet"), lambda: runner.job.submitBatch(jobs=[{"kind": "talk", "queue": "quiet"}])):
            refused(f"{scope}.full", lambda: [call() for _ in range(3)])
        runner.limit.set(scope=scope, name=name, clear=True)
    def crowd():
        for _ in range(14):
            submit(params={"wait": True}, key="crowd")
    refused("key.full", crowd)
    runner.job.list(states=["ready", "running"], limit=5)
    runner.job.stats(kind="talk")
    runner.pool.list()
    runner.limit.list()
    runner.breaker.list()
    runner.worker.list()
    runner.kind.list()
    refused("pool.notFound", runner.pool.resize, pool="no-such", processes=2)
    for size in ({"jobs": 50}, {"calls": 200}, {"job": running, "slots": 1}):
        runner.pool.resize(**size)
    refused("params.invalid", runner.pool.resize, jobs=50, calls=200)
    for gate in ({"queue": "quiet"}, {"kind": "parts"}):
        runner.queue.pause(**gate)
        runner.queue.drain(**gate, reason="moving")
        reason = "queue.draining" if "queue" in gate else "kind.draining"
        refused(reason, submit, kind="parts", queue="quiet")
        refused(reason, runner.job.submitBatch, jobs=[{"kind": "parts", "queue": "quiet"}])
        runner.queue.list()
        runner.queue.resume(**gate)
    for change in (runner.queue.pause, runner.queue.drain, runner.queue.resume):
        refused("kind.unknown", change, kind="tolk")
    refused("worker.registered", bench.service.worker.register, name="again", kinds=[{"name": "talk", "stages": ["process"]}])
    with service("runner") as other:
        refused("kind.reserved", other.worker.register, name="false", kinds=[{"name": "millrace.own", "stages": ["process"]}])
    # Permits, and a breaker that opens by what is reported.
    runner.limit.set(scope="resource", name="api", ratePerSecond=0.001, burst=3)
    refused("permit.overBurst", runner.permit.acquire, resource="api", count=4)
    first = runner.permit.acquire(resource="api")["permit"]
    runner.permit.report(permit=first, succeeded=True)
    refused("permit.notFound", runner.permit.report, permit=first, succeeded=True)
    runner.permit.release(permit=runner.permit.acquire(resource="api")["permit"])
    runner.permit.acquire(resource="api", count=2)
    refused("deadline.exceeded", runner.permit.acquire, resource="api", count=2, meta={"timeoutMs": 50})
    for change in (runner.breaker.open, runner.breaker.close, runner.breaker.reset):
        change(name="declared")
    refused("breaker.notFound", runner.breaker.reset, name="no-such")
    runner.breaker.open(name="declared")
    refused("breaker.open", runner.permit.acquire, resource="declared")
    runner.breaker.reset(name="declared")
    for limit in ({"scope": "kind", "name": "talk", "running": 3, "waiting": 50}, {"scope": "queue", "name": "quiet", "running": 1},
                  {"scope": "user", "running": 10}, {"scope": "machine", "running": 32}):
        runner.limit.set(**limit)
        runner.limit.list()
        runner.limit.set(**{key: value for key, value in limit.items() if key in ("scope", "name")}, clear=True)
    refused("params.invalid", runner.limit.set, scope="resource", name="api", ratePerSecond=-1)
    # The real workload: plan, preload, process, summarize.
    order = submit(kind="sync-task-order-logs", params={"month": "2026-10"})["id"]
    assert end(order)["state"] == "succeeded", runner.job.show(id=order)
    assert end(submit(kind="sync-task-order-logs", params={"month": "October"})["id"])["state"] == "failed"
    runner.call("job.show", {"id": order, "items": True, "itemsAfter": 1, "limit": 1})
    # A request that is cancelled, one whose time is up, and a batch.
    watch = runner.start("job.watch", {"id": running})
    watch.cancel()
    refused("request.cancelled", watch.result, PATIENCE)
    refused("deadline.exceeded", runner.job.watch, id=running, meta={"timeoutMs": 50})
    runner.job.cancel(id=running, reason="enough")
    assert end(running)["state"] == "cancelled"
    for job in runner.job.list(states=["ready", "running", "scheduled"], limit=100)["jobs"]:
        runner.job.cancel(id=job["id"])
    refused("method.unknown", runner.call, "job.sumbit")


def talk_to_the_preloader():
    preloader = service("preloader")
    say_the_examples(preloader)
    preloader.service.reload()
    assert {"rows", "broken"} <= {found["name"] for found in preloader.dataset.list()["datasets"]}
    [rows] = preloader.preload.fetch(datasets=[{"dataset": "rows", "keys": ["a", "x"]}], kind="talk")["datasets"]
    assert rows["values"] == {"a": {"n": 1}} and rows["missing"] == ["x"], rows
    [broken] = preloader.preload.fetch(datasets=[{"dataset": "broken", "keys": ["a"]}])["datasets"]
    assert broken["errors"]["a"]["data"]["status"], broken
    for n in range(12):
        preloader.preload.fetch(datasets=[{"dataset": "rows", "keys": [f"k{n}"]}], kind="talk")
    assert preloader.caller.list()["callers"]
    assert preloader.preload.prime(dataset="rows", values={"p": {"n": 7}}, missing=["q"])["primed"] == 2
    preloader.preload.stats()
    preloader.preload.clear(dataset="rows", keys=["a"])
    preloader.preload.clear(everybody=True)
    for call in (preloader.preload.stats, preloader.preload.clear):
        refused("dataset.unknown", call, dataset="nobody")


def talk_to_the_categorizer():
    categorizer = service("categorizer")
    say_the_examples(categorizer)
    shops = (("Shell station", "Fuel"), ("Blackwell books", "Books"), ("Corner bakery", "Food"))

    def expense(n, shop=None):
        return {"id": f"r{n}", "owner": "ada", "merchant_name": shop or f"{shops[n % 3][0]} {n % 40}", "amount": n % 90 + 0.5,
                "currency": "EUR", "transaction_date": f"2026-10-{10 + n % 20}T00:00:00Z"}
    categorizer.category.put(name="Living")
    categorizer.category.put(name="Food", parent="Living", colour="#aa3355")
    refused("category.unknown", categorizer.category.put, name="Fuel", parent="Nowhere")
    refused("category.depth", categorizer.category.put, name="Bread", parent="Food")
    rows = [{"line": n + 2, "expense": expense(n), "category": "" if n % 5 == 4 else shops[n % 3][1]} for n in range(300)]
    for row in rows:
        if not row["category"]:
            del row["category"]
    taken = categorizer.expense.import_(rows=rows + [{"line": 400, "expense": {"id": "bad", "amount": 1, "transaction_date": "soon"}}],
                                        create_categories=True)
    assert taken["problems"], taken
    for round in range(2):
        assert categorizer.model.rebuild(wait=True)["model"]["state"] in ("active", "rejected"), round
    try:
        categorizer.model.rollback()
    except ServiceError as error:
        assert error.reason == "model.none", error
    categorizer.model.show()
    for params in ({"expense": expense(900, "SHELL STATION 7")}, {"id": "r4"}, {"expense": expense(901, "Zz unheard of")}):
        categorizer.expense.categorize(**params)
        categorizer.expense.explain(**params)
    assert categorizer.expense.categorize()["error"]["kind"] == "validation"
    refused("params.invalid", categorizer.expense.explain)
    refused("params.invalid", categorizer.expense.categorizeBatch, ids=["a"], threads=100)
    categorizer.expense.suggest(expense=expense(902), max_suggestions=3)
    many = categorizer.expense.categorizeBatch(expenses=[expense(n) for n in range(20)], ids=["r9", "nobody"], parallel=True)
    assert len(many["results"]) == 22, many
    refused("category.unknown", categorizer.expense.learn, corrections=[{"expense": expense(1), "category": "Foot"}])
    categorizer.expense.learn(corrections=[{"expense": expense(903, "Starbucks"), "category": "Food", "predicted": "Fuel"}])
    assert categorizer.expense.list(uncategorized=True, limit=10)["expenses"]
    condition = {"all": [{"merchant": {"contains": "shell"}}, {"amount": {"from": 5}}]}
    rule = {"name": "Tank", "category": "Fuel", "condition": condition, "priority": 3}
    first = categorizer.pattern.put(pattern={"type": "merchant", "value": "aldi", "category": "Food"})
    categorizer.pattern.put(rule=rule)
    second = categorizer.pattern.put(pattern={"type": "keyword", "value": "bakery", "category": "Food"})
    ids = [first["pattern"]["id"], second["pattern"]["id"]]
    categorizer.pattern.put(composite={"name": "Both", "category": "Food", "combination": "AND", "patterns": ids, "weight": 1.5})
    refused("pattern.invalid", categorizer.pattern.put, rule={**rule, "condition": {"merchnt": {}}})
    refused("category.unknown", categorizer.pattern.put, rule={**rule, "category": "Foot"})
    categorizer.pattern.test(rule=rule, examples=5)
    refused("pattern.invalid", categorizer.pattern.test, pattern={"type": "regex", "value": "(", "category": "Food"})
    assert categorizer.pattern.list(inactive=True)["rules"]
    categorizer.pattern.lint()
    categorizer.preference.put(owner="ada", merchant="Aldi", category="Food", weight=2.0)
    categorizer.preference.list(owner="ada")
    for call, params in (
            (categorizer.preference.put, {"merchant": "Aldi"}), (categorizer.pattern.list, {}),
            (categorizer.bulk.preview, {"ids": ["r4"]}), (categorizer.bulk.apply, {"ids": ["r4"]})):
        refused("category.unknown", call, category="Foot", **params)
    categorizer.pattern.remove(rule="Tank")
    assert not categorizer.pattern.remove(rule="Tank")["removed"]
    refused("pattern.unknown", categorizer.pattern.put,
            composite={"name": "None", "category": "Food", "combination": "AND", "patterns": [999_999], "weight": 1.5})
    open_ids = [one["expense"]["id"] for one in categorizer.expense.list(uncategorized=True, limit=6)["expenses"]]
    categorizer.bulk.preview(ids=open_ids + ["nobody"], category="Food")
    categorizer.bulk.suggest(ids=open_ids + ["nobody"])
    done = categorizer.bulk.apply(ids=open_ids, category="Food", learn=True)
    refused("bulk.categorized", categorizer.bulk.apply, ids=open_ids, category="Fuel")
    refused("expense.unknown", categorizer.bulk.apply, ids=["nobody"], category="Fuel")
    categorizer.bulk.undo(operation=done["operation"]["id"])
    refused("bulk.notUndoable", categorizer.bulk.undo, operation=done["operation"]["id"])
    refused("bulk.unknown", categorizer.bulk.undo, operation=999_999)
    categorizer.bulk.auto(threshold=0.8, dry_run=True)
    categorizer.bulk.auto(threshold=0.95, limit=10)
    categorizer.bulk.group(limit=20)
    categorizer.bulk.list()
    for form in ("csv", "json"):
        categorizer.bulk.export(from_="2026-10-01", to="2026-11-30", format=form)
    categorizer.expense.import_(rows=[{"line": 1, "expense": expense(1000, "Blue Bottle Coffee")}])
    asked = categorizer.chat.reserve(ids=["r1000"], cost=0.01)
    if asked["questions"]:
        categorizer.chat.settle(outcomes=[{"id": asked["questions"][0]["id"], "cost": 0.001, "model": "m", "category": "Food"}])
    categorizer.chat.show()
    refused("params.invalid", categorizer.chat.reserve, ids=["r1000"], cost=-1)
    categorizer.categorizer.configure(options={"min_confidence": 0.4})
    refused("params.invalid", categorizer.categorizer.configure, options={"min_confidence": 4})
    categorizer.categorizer.reset()


def talk_to_the_scheduler():
    scheduler = service("scheduler")
    say_the_examples(scheduler)
    job = {"kind": "talk", "params": {"month": "${month}"}}
    scheduler.schedule.put(schedule={"name": "often", "job": job, "every": "1s", "whileRunning": "skip"})
    scheduler.schedule.put(schedule={"name": "nightly", "job": job, "cron": ["30 2 * * *"], "zone": "Europe/Berlin", "gap": "shift"})
    scheduler.schedule.put(schedule={"name": "wrong", "job": {"kind": "tolk"}, "onCalendar": ["daily"]})
    refused("params.invalid", scheduler.schedule.put, schedule={"name": "bad", "job": job, "cron": ["61 * * * *"]})
    end = time.monotonic() + PATIENCE
    while not any(run["outcome"] == "submitted" for run in scheduler.schedule.show(name="often", limit=20)["history"]):
        assert time.monotonic() < end, scheduler.schedule.show(name="often")
    scheduler.schedule.pause(name="often", until=moment(hours=1), reason="enough")
    scheduler.schedule.why(name="often")
    scheduler.schedule.resume(name="often")
    scheduler.schedule.why(name="often")
    scheduler.schedule.next(name="nightly", after="2026-03-27T00:00:00Z", count=5)
    scheduler.schedule.run(name="nightly")
    refused("schedule.later", scheduler.schedule.run, name="wrong")
    scheduler.schedule.put(schedule={
        "name": "alone", "job": {"kind": "talk", "params": {"wait": True}, "uniqueKey": "alone"}, "onCalendar": ["2099-01-01"]})
    scheduler.schedule.run(name="alone")
    refused("job.uniqueTaken", scheduler.schedule.run, name="alone")
    refused("schedule.declared", scheduler.schedule.put, schedule={"name": "declared", "job": job, "every": "1h"})
    scheduler.schedule.show(name="wrong")
    scheduler.schedule.backfill(name="nightly", from_=moment(days=-9), to=moment(days=-2), dryRun=True)
    assert scheduler.schedule.backfill(name="nightly", from_=moment(days=-4), to=moment(days=-2))["runs"]
    refused("params.invalid", scheduler.schedule.backfill, name="nightly", from_=moment(days=2), to=moment(days=-2))
    scheduler.schedule.load(from_=moment(days=0), stepMs=3_600_000, steps=3)
    assert scheduler.schedule.list(limit=2)["schedules"]
    for name in ("often", "nightly", "wrong", "alone"):
        scheduler.schedule.remove(name=name)
    for method in ("show", "next", "pause", "resume", "run", "remove", "why"):
        refused("schedule.unknown", getattr(scheduler.schedule, method), name="nobody")


def talk_to_the_metrics_service():
    metrics = service("metrics")
    say_the_examples(metrics)
    now = int(NOW.timestamp() * 1000)
    bounds = {"name": "conversation_jobs", "help": "Jobs.", "type": "counter", "labels": ["kind"],
              "series": [{"labels": ["talk"], "created": now, "counter": 3}]}
    snapshot = {"service": "conversation", "instance": "one", "started": now, "sequence": 1, "taken": now, "families": [bounds]}
    metrics.metrics.publish(snapshot=snapshot)
    metrics.metrics.publish(snapshot={**snapshot, "sequence": 2, "taken": now + 1}, last=True)
    refused("metrics.expression", metrics.metrics.query, expression="sum by (")
    assert metrics.metrics.list()["families"]
    assert metrics.metrics.query(expression="sum by (service) (process_memory_bytes)")["values"]
    metrics.metrics.read(name="process_memory_bytes", from_=moment(hours=-1), to=moment(minutes=1), limit=10)
    refused("metrics.range", metrics.metrics.read, name="process_memory_bytes", from_=moment(hours=1), to=moment(hours=-1))
    silence = metrics.alert.silence(labels={"service": "runner"}, forMs=60_000, comment="a test")
    metrics.alert.list(events=10)
    assert metrics.alert.unsilence(id=silence["id"])["ended"]
    refused("alert.span", metrics.alert.silence, forMs=10**12, comment="for ever")
    refused("metrics.window", metrics.metrics.query, expression="increase(conversation_jobs[3h])")
    refused("alert.unknown", metrics.alert.silence, rule="nobody", forMs=60_000, comment="a test")
    metrics.alert.test()


def main():
    (STATE / "data").mkdir(exist_ok=True)
    (STATE / "data" / "rows.json").write_text('{"a":{"n":1},"b":{"n":2}}')
    (STATE / "etc" / "datasets.d").mkdir(parents=True, exist_ok=True)
    (STATE / "etc" / "datasets.d" / "conversation.yaml").write_text(
        "datasets:\n  - { name: rows, file: { path: rows.json } }\n  - { name: broken, file: { path: nowhere.json } }\n")
    (STATE / "etc" / "kinds.d").mkdir(parents=True, exist_ok=True)
    (STATE / "etc" / "kinds.d" / "conversation.yaml").write_text(
        "resources:\n  - { name: declared, rate: 10, burst: 10, breaker: { failures: 5, pause: 30s } }\n"
        "kinds:\n  - { name: sync-task-order-logs, worker: tapped }\n"
        "workers:\n  - name: tapped\n    ping: 1s\n    warm: 1\n"
        f"    command: {json.dumps([sys.executable, '-B', str(ROOT / 'Tests/Python/traffic.py'), '--tap', str(STATE), sys.argv[2]])}\n")
    (STATE / "etc" / "schedules.d").mkdir(parents=True, exist_ok=True)
    (STATE / "etc" / "schedules.d" / "conversation.yaml").write_text(
        "schedules:\n  - { name: declared, job: { kind: talk }, on-calendar: 2099-01-01 }\n")
    bench = Bench()
    bench.service.service.reload()
    with service("scheduler") as scheduler:
        scheduler.service.reload()
    end = time.monotonic() + PATIENCE
    while "tapped" not in (worker.get("pool") for worker in bench.service.worker.list()["workers"]):
        assert time.monotonic() < end, bench.service.pool.list()
    talk_to_the_runner(bench)
    talk_to_the_preloader()
    talk_to_the_categorizer()
    talk_to_the_scheduler()
    talk_to_the_metrics_service()
    for name in ("runner", "preloader", "categorizer", "scheduler", "metrics"):
        with service(name) as client:
            for method in ("ping", "status", "metrics", "reload"):
                getattr(client.service, method)()
            client.service.setLogLevel(level="info")
    print("all is said", flush=True)
    os._exit(0)  # the worker's threads have nobody to wait for


try:
    main()
except BaseException:
    traceback.print_exc()
    os._exit(1)  # the worker's threads would wait on
