import Declarations
import KindFiles
import TestSupport
import Testing

struct KindReadingTests {
    @Test func everyKeyOfACommandIsRead() throws {
        let (catalog, problems) = load(
            """
            kinds:
              - name: nightly-export
                summary: Writes the export.
                command: [/bin/sh, -c, "exit 0", 5]
                directory: /
                user: root
                group: root
                umask: "027"
                environment: { TZ: Europe/Berlin, LEVEL: 3, DEBUG: no }
                inherit-environment: [PATH]
                nice: -5
                limits: { memory: 512M, open-files: 256, cpu-time: 10min, file-size: 1G, processes: 64, core: 0 }
                output: 2M
                grace: 20s
                queue: letters
                concurrency: 4
                waiting: 1000
                key: { running: 3, waiting: 0 }
                timeout: 10min
                item-timeout: 30s
                attempts: 4
                backoff: 500ms
                retry-budget: 0.2
                resources: [notion, mail]
                breaker: notion
                retention: { succeeded: 7d, failed: 30d, cancelled: 0 }
                hooks:
                  - { on: [failed, succeeded], command: /bin/sh -c 'exit 1' }
                  - { on: [partial], job: { kind: nightly-export, params: { a: [1, no] } } }
                  - { on: [failed], job: { kind: nightly-export, queue: bulk } }
                  - { on: [cancelled], http: { url: "https://example.org/hook", secret: hook-secret } }
            resources:
              - { name: notion, rate: 3, burst: 5, breaker: { failures: 2, pause: 1min } }
              - { name: mail, rate: 90/min }
              - { name: bank, breaker: {} }
            queues:
              - { name: bulk, durability: crash, concurrency: 10, waiting: 10000 }
              - { name: plain }
            """)
        #expect(problems == [])

        var process = ProcessDefinition(["/bin/sh", "-c", "exit 0", "5"])
        process.directory = "/"
        process.identity = ProcessIdentity(uid: 0, gid: 0, name: "root", home: "/root")
        process.umask = 0o027
        process.environment = ["TZ": "Europe/Berlin", "LEVEL": "3", "DEBUG": "no"]
        process.inheritedEnvironment = ["PATH"]
        process.nice = -5
        process.limits.memory = 512 << 20
        process.limits.openFiles = 256
        process.limits.cpuTime = .seconds(600)
        process.limits.fileSize = 1 << 30
        process.limits.processes = 64
        process.limits.core = 0
        var command = CommandDefinition(process)
        command.outputLimit = 2 << 20
        command.grace = .seconds(20)
        var kind = KindDefinition(name: "nightly-export", program: .command(command))
        kind.summary = "Writes the export."
        kind.queue = "letters"
        kind.concurrency = 4
        kind.waiting = 1000
        kind.key.running = 3
        kind.key.waiting = 0
        kind.timeout = .seconds(600)
        kind.itemTimeout = .seconds(30)
        kind.retry.attempts = 4
        kind.retry.backoff = .milliseconds(500)
        kind.retry.budget = 0.2
        kind.resources = ["notion", "mail"]
        kind.breaker = "notion"
        kind.retention = [.succeeded: .seconds(604_800), .failed: .seconds(2_592_000), .cancelled: .zero]
        kind.hooks = [
            HookDefinition(on: [.succeeded, .failed], .command(["/bin/sh", "-c", "exit 1"])),
            HookDefinition(on: [.partial], .job(kind: "nightly-export", params: #"{"a":[1,"no"]}"#, queue: nil)),
            HookDefinition(on: [.failed], .job(kind: "nightly-export", params: nil, queue: "bulk")),
            HookDefinition(on: [.cancelled], .http(url: "https://example.org/hook", secret: "hook-secret")),
        ]
        #expect(catalog.kinds == ["nightly-export": kind])

        var breaker = BreakerDefinition()
        #expect(
            catalog.resources["bank"] == ResourceDefinition(name: "bank", bucket: nil, breaker: breaker))
        breaker.failures = 2
        breaker.pause = .seconds(60)
        #expect(
            catalog.resources["notion"]
                == ResourceDefinition(name: "notion", bucket: .init(rate: 3, burst: 5), breaker: breaker))
        #expect(catalog.resources["mail"]?.bucket == .init(rate: 1.5, burst: 2))
        let bulk = try #require(catalog.queues["bulk"])
        #expect(bulk.durability == .crash && bulk.concurrency == 10 && bulk.waiting == 10_000)
        #expect(catalog.queues["plain"] == QueueDefinition(name: "plain"))
    }

    @Test func severalKindsMayShareAWorkerAndAnotherMayHaveItsOwn() throws {
        let (catalog, problems) = load(
            [
                "a.yaml": """
                kinds:
                  - { name: resize, worker: acme }
                  - { name: rotate, worker: acme }
                """,
                "b.yml": """
                workers:
                  - { name: acme, command: [/bin/sh], processes: 4, warm: 2, idle: 1min, age: 1h, ping: 5s, capacity: 8,
                      environment: { A: b }, grace: 3s }
                """,
                "own.yaml": "name: own\nworker: { command: /bin/sh, processes: 1 }\n",
            ])
        #expect(problems == [])
        #expect(
            catalog.kinds["resize"]?.program == .worker("acme") && catalog.kinds["rotate"]?.program == .worker("acme"))
        #expect(catalog.kinds["own"]?.program == .worker("own"))
        var process = ProcessDefinition(["/bin/sh"])
        process.environment = ["A": "b"]
        var worker = WorkerDefinition(name: "acme", process: process)
        worker.processes = 4
        worker.warm = 2
        worker.idle = .seconds(60)
        worker.age = .seconds(3600)
        worker.ping = .seconds(5)
        worker.capacity = 8
        worker.grace = .seconds(3)
        #expect(catalog.workers["acme"] == worker)
        let own = try #require(catalog.workers["own"])
        #expect(own.processes == 1 && own.warm == 1 && own.capacity == nil)
    }

    @Test func aFileMayBeOneKindAndAKindMayHaveNoProgram() {
        let (catalog, problems) = load("name: send-letter\nkey: { ordered: true, from: to }\n")
        #expect(problems == [])
        #expect(catalog.kinds["send-letter"]?.key.member == "to")
        #expect(catalog.kinds["send-letter"]?.program == .outside)
        #expect(catalog.kinds["send-letter"]?.key.running == 1 && catalog.kinds["send-letter"]?.key.ordered == true)
        #expect(load("# nothing yet\n").catalog == KindCatalog())
    }

    @Test func whatIsWrongIsNotTakenAndNeitherIsWhatNeedsIt() {
        let (catalog, problems) = load(
            """
            kinds:
              - { name: right, summary: fine }
              - { name: wrong, attempts: 0 }
              - { name: needs-worker, worker: broken }
              - { name: needs-resource, resources: [leak] }
              - { name: right, summary: again }
            workers:
              - { name: broken, command: [/no/such/program] }
            resources:
              - { name: leak, rate: 0 }
            """)
        #expect(catalog.kinds.keys.sorted() == ["right"] && catalog.kinds["right"]?.summary == "fine")
        #expect(catalog.workers.isEmpty && catalog.resources.isEmpty)
        #expect(problems.count == 4, "\(problems)")
    }

    @Test func aFolderThatIsNotThereIsAProblemUnlessItMayBe() {
        #expect(KindCatalog.load(folder: "/no/such/folder").problems.count == 1)
        #expect(KindCatalog.load(folder: "/no/such/folder", mayBeAbsent: true).problems.isEmpty)
    }
}
