import KindFiles
import Testing

struct KindCatalogTextTests {
    private let old = """
        kinds:
          - name: a
            command: [/bin/sh, -c, 'exit 0']
            timeout: 5min
            environment: { TOKEN: swordfish, LANG: C }
            hooks: [{ on: [failed], http: { url: "https://example.org/T0KEN", secret: s } }]
          - { name: gone }
          - { name: same, worker: w }
        workers: [{ name: w, command: /bin/sh }]
        resources: [{ name: r, rate: 3 }]
        queues: [{ name: q }]
        """

    @Test func aReloadIsToldInWordsAndSecretsAreNot() {
        let new = """
            kinds:
              - name: a
                command: [/bin/sh, -c, 'exit 1']
                attempts: 5
                queue: q
                environment: { TOKEN: sardine, LANG: C }
                hooks: [{ on: [failed], http: { url: "https://example.org/0THER", secret: s } }]
              - { name: fresh }
              - { name: same, worker: w }
            workers: [{ name: w, command: /bin/sh, processes: 3 }]
            resources: [{ name: r, rate: 4, burst: 3, breaker: {} }]
            queues: [{ name: q, durability: crash }]
            """
        let differences = load(new).catalog.differences(from: load(old).catalog)
        #expect(
            differences == [
                "queue q: durability is crash, was disk",
                "resource r: rate is 4 a second, burst 3, was 3 a second, burst 3",
                "resource r: breaker is 5 failures, pause 30s, was not given",
                "worker w: processes is 3, was 2",
                "kind a: command is /bin/sh -c 'exit 1', was /bin/sh -c 'exit 0'",
                "kind a: environment TOKEN has changed",
                "kind a: queue is q, was not given",
                "kind a: attempts is 5, was 3",
                "kind a: hook on failed has changed",
                "kind a: timeout is not given any more, was 5min",
                "kind fresh is new",
                "kind gone is gone",
            ])
        #expect(load(new).catalog.differences(from: load(new).catalog) == [])
    }

    @Test func everyFieldMakesADifference() {
        let base = "name: a\ncommand: [/bin/sh]\n"
        let lines = [
            "summary: x", "directory: /", "user: root", "umask: '077'", "environment: {A: b}", "nice: 1",
            "inherit-environment: []", "limits: {core: 0}", "output: 2M", "grace: 1s", "queue: q", "concurrency: 1",
            "waiting: 1", "key: {running: 3}", "key: {ordered: true, waiting: 3}", "key: {from: id}",
            "timeout: 1s", "item-timeout: 1s",
            "attempts: 1", "backoff: 2s", "retry-budget: 0.1", "retention: {failed: 1d}",
            "hooks: [{on: [failed], command: /bin/sh}]", "hooks: [{on: [failed], job: {kind: other}}]",
        ]
        for line in lines {
            let changes = load(base + line).catalog.differences(from: load(base).catalog)
            #expect(!changes.isEmpty && changes != ["kind a: has changed"], "\(line): \(changes)")
        }
    }

    @Test func theWholeIsShownWithDefaultsButWithoutSecrets() {
        let text = load(old).catalog.description
        #expect(!text.contains("swordfish") && !text.contains("T0KEN"))
        #expect(
            text.hasPrefix(
                """
                kind a
                    command            /bin/sh -c 'exit 0'
                    environment LANG   set
                    environment TOKEN  set
                    output             1M
                    grace              10s
                    key                2 running, 10 waiting
                    timeout            5min
                    attempts           3
                    backoff            1s
                    hook on failed     POST https://example.org/…, signed with s

                kind gone

                """))
        #expect(text.hasSuffix("queue q\n    durability  disk\n"))
    }
}
