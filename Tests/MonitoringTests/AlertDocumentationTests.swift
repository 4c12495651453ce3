import Monitoring
import TestSupport
import Testing

struct AlertDocumentationTests {
    private static let page = text(of: packageRoot + "/Documentation/Alerts.md") ?? ""

    private func load(_ declared: String) -> [String] {
        let folder = TemporaryDirectory()
        folder.write(declared, to: "a.yaml")
        let builtIn = Array((text(of: packageRoot + "/Units/alerts.d/millrace.yaml") ?? "").utf8)
        return AlertCatalog.read([folder.path], builtIn: builtIn).problems.map(\.description)
    }

    @Test func whatThePageShowsIsRight() throws {
        let blocks = try DocumentedPage("Documentation/Alerts").blocks(in: "yaml")
        #expect(!blocks.isEmpty)
        for block in blocks {
            let problems = load(block.text)
            #expect(problems == [], "line \(block.line)")
        }
    }

    /// What the reader itself says that it knows, wherever a key stands that it does not.
    @Test func everyKeyIsDocumented() {
        let wrong = [
            "zzzzzz: 1\n", "alerts: [{name: a, summary: A., value: x, above: 1, zzzzzz: 1}]\n",
            "alerts: [{name: a, summary: A., burn: {errors: x, total: y, objective: 0.9, zzzzzz: 1}}]\n",
            "inhibitions: [{while: memory, mute: [backlog], zzzzzz: 1}]\n", "notify: {zzzzzz: 1}\n",
            "sinks: [{job: a, zzzzzz: 1}]\n",
        ]
        var known: Set<String> = []
        for text in wrong {
            let list = load(text).compactMap { said in
                said.firstRange(of: "; known are ").map { said[$0.upperBound...] }
            }.first
            guard let list else {
                Issue.record("nothing is said of zzzzzz in \(text)")
                continue
            }
            known.formUnion(list.split(separator: ", ").map(String.init))
        }
        #expect(known.count > 25)
        for key in known.sorted() { #expect(Self.page.contains("`\(key)`"), "\(key)") }
    }
}
