import KindFiles
import TestSupport
import Testing

struct KindDocumentationTests {
    private static let page = text(of: packageRoot + "/Documentation/Kinds.md") ?? ""

    @Test func everyExampleOfTheDocumentationIsRight() throws {
        let blocks = try DocumentedPage("Documentation/Kinds").blocks(in: "yaml")
        #expect(blocks.count > 8)
        for block in blocks {
            let (_, problems) = load(block.text)
            #expect(problems == [], "line \(block.line): \(problems)")
        }
    }

    /// What the reader itself says that it knows, wherever a key stands that it does not.
    @Test func everyKeyIsDocumented() {
        let wrong = [
            "zzzzzz: 1\nname: a\n", "name: a\ncommand: /bin/sh\nzzzzzz: 1\n", "name: a\nkey: { zzzzzz: 1 }\n",
            "name: a\ncommand: /bin/sh\nlimits: { zzzzzz: 1 }\n", "name: a\nretention: { zzzzzz: 1 }\n",
            "name: a\nworker: { command: /bin/sh, zzzzzz: 1 }\n", "resources: [{ name: a, rate: 1, zzzzzz: 1 }]\n",
            "resources: [{ name: a, breaker: { zzzzzz: 1 } }]\n", "queues: [{ name: a, zzzzzz: 1 }]\n", "zzzzzz: 1\n",
            "name: a\nhooks: [{ on: [failed], command: /bin/sh, zzzzzz: 1 }]\n",
            "name: a\nhooks: [{ on: [failed], http: { url: http://a/, zzzzzz: 1 } }]\n",
            "name: a\nhooks: [{ on: [failed], job: { kind: b, zzzzzz: 1 } }]\nsummary: b\n",
        ]
        var known: Set<String> = []
        for text in wrong {
            let problem = load(["k.yaml": text, "b.yaml": "name: b\n"]).problems.first { $0.contains("; known are ") }
            guard let list = problem.flatMap({ $0.split(separator: "; known are ").last }) else {
                Issue.record("nothing is said of zzzzzz in \(text)")
                continue
            }
            known.formUnion(list.split(separator: ", ").map(String.init))
        }
        #expect(known.count > 45)
        for key in known.sorted() { #expect(Self.page.contains("`\(key)`"), "\(key)") }
    }

    @Test func whatIsInstalledIsRight() {
        let (catalog, problems) = KindCatalog.load(folder: packageRoot + "/Units/kinds.d", runner: 0)
        #expect(problems.map(\.description) == [])
        #expect(catalog.resources["notion"]?.bucket?.rate == 3)
        #expect(Set(catalog.resources.keys) == ["notion", "chat", "smtp", "clinic-calendar"])
        #expect(catalog.resources["clinic-calendar"]?.bucket?.rate == 10)
        #expect(catalog.resources.values.allSatisfy { $0.breaker != nil })
    }

    @Test func theSamplesAreRightTogether() {
        let (catalog, problems) = KindCatalog.load(folder: packageRoot + "/Examples/kinds.d", runner: 0)
        #expect(problems.map(\.description) == [])
        #expect(catalog.kinds.count == 5 && catalog.workers.count == 1)
        #expect(catalog.resources.count == 1 && catalog.queues.count == 2)
    }
}
