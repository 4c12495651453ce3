import Declarations
import TestSupport
import Testing

@testable import KindFiles

struct KindMutationTests {
    private let good = """
        kinds:
          - name: a
            summary: One
            command: /bin/sh -c 'exit 0'
            umask: "027"
            environment: { TZ: Europe/Berlin }
            limits: { memory: 512M, cpu-time: 10min }
            key: { running: 2, ordered: false }
            timeout: 1h 30min
            retry-budget: 0.2
            resources: [notion]
            breaker: notion
            retention: { succeeded: 7d }
            hooks:
              - { on: [failed], job: { kind: b, params: { a: [1, "x", ~] } } }
              - { on: [partial], http: { url: "http://a.org:80/x", secret: s } }
          - { name: b, worker: w }
        workers: [{ name: w, command: [/bin/sh], warm: 0 }]
        resources: [{ name: notion, rate: 100/min, breaker: { pause: 30s } }]
        queues: [{ name: q, durability: crash }]

        """

    private func read(_ bytes: [UInt8]) -> (catalog: KindCatalog, problems: [Problem]) {
        let reader = KindFolderReader(ProgramHost(runner: 0))
        if let root = YAMLReader.read(bytes, file: "x.yaml", into: reader.problems) {
            reader.read(Declared(root, file: "x.yaml", problems: reader.problems))
        }
        return reader.finish()
    }

    @Test func noChangeOfAGoodFileCrashesTheReaderAndEveryProblemHasAPlace() {
        let bytes = Array(good.utf8)
        #expect(read(bytes).problems == [])
        let lines = good.split(separator: "\n", omittingEmptySubsequences: false).count
        let words = [
            "-1", "[", "{}", "~", "!!x", "&a ", "*a", ": ", "- ", "\t", "'", "\"", "99999999999999999999", "ä", "#",
        ]
        var generator = SeededGenerator(seed: 17)
        var rejected = 0
        for _ in 0..<20_000 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = Int.random(in: changed.indices, using: &generator)
                let end = min(index + Int.random(in: 1...12, using: &generator), changed.count)
                switch Int.random(in: 0...4, using: &generator) {
                case 0: changed[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: changed.replaceSubrange(index..<end, with: words.randomElement(using: &generator)!.utf8)
                case 2: changed.removeSubrange(index..<end)
                case 3:
                    changed.insert(
                        contentsOf: changed[index..<end], at: changed.indices.randomElement(using: &generator)!)
                default: changed.swapAt(index, end - 1)
                }
                if changed.isEmpty { changed = bytes }
            }
            let (catalog, problems) = read(changed)
            if problems.contains(where: { $0.severity == .error }) { rejected += 1 }
            for problem in problems {
                #expect(problem.place.line >= 1 && problem.place.line <= lines + 12 && problem.place.column >= 1)
                #expect(!problem.message.isEmpty)
            }
            // What was taken holds together, whatever was refused.
            for kind in catalog.kinds.values {
                if case .worker(let name) = kind.program { #expect(catalog.workers[name] != nil) }
                #expect(kind.resources.allSatisfy { catalog.resources[$0] != nil })
            }
        }
        #expect(rejected > 10_000 && rejected < 20_000)
    }
}
