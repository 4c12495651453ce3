import Linux
import TestSupport
import Testing

/// What becomes of schedules on a machine whose clock is set for real by an hour and a day, and that is put to sleep.
///
/// Runner and scheduler run as they are under a kernel of their own, so nothing is simulated but the machine. What the same
/// settings do beside a faster course of tests is in ``ClockSettingTests``.
@Suite(
    .serialized, .heavy, .enabled(if: RunningRunner.isBuilt && Binary.exist("millrace-scheduler"), "not built"),
    .enabled("no kernel of one's own can be started here") { try await OwnKernel.isThere() })
struct RealClockTests {
    private func machine(_ course: String) throws -> OwnKernel {
        try OwnKernel(Self.guest + course + "\nfinish()\n", Binary.folder)
    }

    @Test(arguments: [3600, 86_400])
    func aClockSetForwardAndBackLosesNothingAndRepeatsNothing(seconds: Int) async throws {
        let machine = try machine(
            """
            put("tick", job={"kind": "tick"}, catchUp={"mode": "none"}, **every_second)
            for name, mode in ("caught-up", "last"), ("left-out", "none"):
                put(name, at=[rfc(time.time() + \(seconds / 2))], catchUp={"mode": mode})
            until("two seconds", lambda: runs("tick") >= 2)
            set_clock(\(seconds))
            at = time.time()
            until("it is noticed", lambda: metric("clock_sets_total") == 1)
            until("what was passed over is decided", lambda: runs("caught-up") == 1 and show("left-out")["history"])
            until("it goes on", lambda: newest("tick") > rfc(at + 2))
            say("forward", {name: show(name)["history"] for name in ("caught-up", "left-out", "tick")})

            set_clock(-\(seconds))
            until("it is noticed again", lambda: metric("clock_sets_total") == 2)
            before = runs("tick")
            put("meanwhile", limit=3, **every_second)
            until("three seconds of another", lambda: runs("meanwhile") == 3)
            say("back", {"before": before, "after": runs("tick")})

            set_clock(\(seconds))
            until("it goes on where it was", lambda: runs("tick") >= before + 3)
            call("schedule.pause", name="tick")
            say("jobs", jobs("tick"))
            """)
        let forward = try await machine.hear("forward")
        let caughtUp = forward["caught-up"].elements
        #expect(caughtUp.count == 1 && caughtUp[0]["cause"].string == "catch-up", "\(caughtUp)")
        #expect(caughtUp[0]["outcome"].string == "submitted")
        #expect(forward["left-out"].elements.map { $0["outcome"].string } == ["missed"])
        let missed = forward["tick"].elements.filter { $0["outcome"].string == "missed" }
        #expect(missed.count == 1 && missed[0]["note"].string?.contains(" times from ") == true, "\(missed)")
        let back = try await machine.hear("back")
        #expect(back["before"].int == back["after"].int, "nothing is repeated")
        let jobs = try await machine.hear("jobs")
        #expect(jobs["jobs"].int == jobs["seconds"].int && (jobs["jobs"].int ?? 0) > 5, "\(jobs)")
        try await machine.end()
    }

    @Test func aClockThatIsSetAgainAndAgainDoublesNothing() async throws {
        let machine = try machine(
            """
            put("tick", job={"kind": "tick"}, **every_second)
            until("two seconds", lambda: runs("tick") >= 2)
            for turn in range(300):
                set_clock(1 if turn % 2 else -1)
                time.sleep(0.01)
            before = runs("tick")
            until("it goes on", lambda: runs("tick") >= before + 2)
            call("schedule.pause", name="tick")
            say("sets", metric("clock_sets_total"))
            say("jobs", jobs("tick"))
            with open("/mnt/scheduler.log") as log:
                say("errors", [line for line in log if " error " in line])
            """)
        #expect(try await machine.hear("sets").int ?? 0 > 50)
        let jobs = try await machine.hear("jobs")
        #expect(jobs["jobs"].int == jobs["seconds"].int && jobs["seconds"].int == jobs["span"].int, "\(jobs)")
        #expect(try await machine.hear("errors").elements.isEmpty)
        try await machine.end()
    }

    @Test func afterASleepWhatFellDueInItBeginsAtOnce() async throws {
        let machine = try machine(
            """
            put("tick", job={"kind": "tick"}, **every_second)
            until("two seconds", lambda: runs("tick") >= 2)
            put("nap", at=[rfc(time.time() + 3)])
            clocks = time.CLOCK_REALTIME, time.CLOCK_BOOTTIME, time.CLOCK_MONOTONIC
            before = [time.clock_gettime(clock) for clock in clocks]
            say("asleep", True)
            with open("/sys/power/state", "w") as power:
                power.write("mem")
            after = [time.clock_gettime(clock) for clock in clocks]
            say("awake", [round(1000 * (end - begin)) for begin, end in zip(before, after)])
            until("what fell due has begun", lambda: runs("nap") == 1)
            until("it goes on", lambda: newest("tick") > rfc(after[0] + 2))
            call("schedule.pause", name="tick")
            say("nap", show("nap")["history"])
            say("sets", metric("clock_sets_total"))
            say("jobs", jobs("tick"))
            """)
        _ = try await machine.hear("asleep")
        // Not a wait for something: so long it sleeps.
        try await Task.sleep(for: .seconds(8))
        machine.wake()
        let awake = try await machine.hear("awake").elements.compactMap(\.int)
        #expect(awake.count == 3 && awake[0] > 5000 && awake[1] > 5000, "the clocks go on while it sleeps: \(awake)")
        #expect(awake.last.map { $0 < awake[1] - 3000 } == true, "it slept: \(awake)")
        let nap = try await machine.hear("nap").elements
        #expect(nap.count == 1 && nap[0]["outcome"].string == "submitted" && nap[0]["cause"].string == "due", "\(nap)")
        #expect((nap[0]["latenessMs"].int ?? 0) > 1000, "it was due in its sleep: \(nap)")
        #expect(try await machine.hear("sets").int == 1, "the kernel tells of it as of a clock that was set")
        let jobs = try await machine.hear("jobs")
        #expect(jobs["jobs"].int == jobs["seconds"].int && jobs["seconds"].int == jobs["span"].int, "\(jobs)")
        try await machine.end()
    }

    /// What every course has.
    private static let guest = #"""
        import ctypes, json, os, socket, sqlite3, struct, subprocess, sys, time

        libc = ctypes.CDLL(None, use_errno=True)
        state = "/mnt/state"

        def say(what, value):
            print("\n@" + json.dumps([what, value]), flush=True)

        def finish():
            with open("/mnt/scheduler.log") as log:
                print(log.read(), flush=True)
            libc.reboot(0x4321fedc)

        def call(method, **params):
            with socket.socket(socket.AF_UNIX) as peer:
                peer.connect(state + "/run/scheduler.sock")
                data = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
                peer.sendall(struct.pack(">I", len(data)) + data)
                with peer.makefile("rb") as answers:
                    answer = json.loads(answers.read(struct.unpack(">I", answers.read(4))[0]))
            if "error" in answer:
                raise RuntimeError(answer["error"])
            return answer["result"]

        def until(what, is_so):
            begin = time.monotonic()
            while time.monotonic() < begin + 120:
                try:
                    if is_so():
                        return say(what, time.monotonic() - begin)
                except (OSError, struct.error):
                    pass
                time.sleep(0.05)
            print("never: " + what, flush=True)
            finish()

        def set_clock(seconds):
            time.clock_settime(time.CLOCK_REALTIME, time.time() + seconds)

        def rfc(at):
            return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))

        every_second = {"cronSeconds": ["* * * * * *"], "zone": "UTC", "whileRunning": "allow-all"}

        def put(name, **members):
            call("schedule.put", schedule=dict({"name": name, "job": {"kind": "other"}}, **members))

        def show(name):
            return call("schedule.show", name=name, limit=1000)

        def runs(name):
            return show(name)["schedule"]["runs"]

        def newest(name):
            return next(run["nominal"] for run in show(name)["history"] if run["outcome"] == "submitted")

        def metric(name):
            metrics = call("service.metrics")["metrics"]
            return next(one["value"] for one in metrics if one["name"] == "millrace_scheduler_" + name)

        def jobs(kind):
            database = sqlite3.connect(state + "/data/runner.sqlite")
            query = "SELECT unixepoch(json_extract(params, '$.nominal')) FROM job WHERE kind = ?"
            seconds = [row[0] for row in database.execute(query, [kind])]
            return {"jobs": len(seconds), "seconds": len(set(seconds)), "span": max(seconds) - min(seconds) + 1}

        for kind, folder in (b"proc", b"/proc"), (b"sysfs", b"/sys"), (b"tmpfs", b"/mnt"):
            if libc.mount(kind, folder, kind, 0, None) < 0:
                print("no %s: %s" % (folder, os.strerror(ctypes.get_errno())))
        for folder in "/etc/kinds.d", "/run", "/data", "/log":
            os.makedirs(state + folder)
        with open(state + "/etc/kinds.d/test.yaml", "w") as kinds:
            kinds.write("kinds:\n  - { name: tick, command: [/bin/true] }\n  - { name: other, command: [/bin/true] }\n")
        for name in "runner", "scheduler":
            with open("/mnt/%s.log" % name, "w") as log:
                subprocess.Popen(
                    [sys.argv[1] + "/millrace-" + name, "--state", state], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    env={"PATH": "/usr/bin:/bin", "HOME": "/mnt", "TMPDIR": "/mnt", "SWIFT_BACKTRACE": "enable=no"})
        until("the scheduler answers", lambda: call("service.ping"))

        """#
}
