import BackOffice
import DatasetFiles
import Glibc
import TestSupport
import Testing

struct DatasetDocumentationTests {
    private static let page = text(of: packageRoot + "/Documentation/Datasets.md") ?? ""

    @Test func theDeclarationInTheDocumentationIsRight() throws {
        let blocks = try DocumentedPage("Documentation/Datasets").blocks(in: "yaml")
        #expect(!blocks.isEmpty)
        for block in blocks {
            let (catalog, problems) = try Folder(block.text).load()
            #expect(problems.allSatisfy { $0.contains("not there yet") }, "\(problems)")
            // The defaults of the table are those that the example writes out.
            let plain = try Folder("name: contractors\nfile: { path: a.json }").load().catalog.datasets["contractors"]
            guard catalog.datasets["contractors"] != nil else { continue }
            #expect(catalog.datasets["contractors"]?.rules == plain?.rules)
            #expect(catalog.datasets["contractors"]?.attempts == plain?.attempts)
        }
    }

    /// What the reader itself says that it knows, wherever a key stands that it does not.
    @Test func everyKeyIsDocumented() throws {
        let wrong = [
            "name: a\nfile: { path: a.json }\nzzzzzz: 1", "name: a\nfile: { path: a.json, zzzzzz: 1 }",
            "name: a\nsqlite: { zzzzzz: 1 }", "name: a\nhttp: { zzzzzz: 1 }",
            "name: a\nhttp: { url: \"https://x/\", headers: { A: { zzzzzz: 1 } } }",
            "name: a\nfile: { path: a.json }\nwindow: { zzzzzz: 1 }",
            "name: a\nfile: { path: a.json }\ncache: { zzzzzz: 1 }",
            "name: a\nfile: { path: a.json }\nresource: { zzzzzz: 1 }",
            "name: a\nfile: { path: a.json }\nbreaker: { zzzzzz: 1 }",
        ]
        var known: Set<String> = []
        for text in wrong {
            let problem = try Folder(text).load().problems.first { $0.contains("; known are ") }
            let list = try #require(problem.flatMap { $0.split(separator: "; known are ").last }, "\(text)")
            known.formUnion(list.split(separator: ", ").map(String.init))
        }
        #expect(known.count > 35)
        for key in known.sorted() {
            #expect(Self.page.contains("`\(key)`") || Self.page.contains("\(key):"), "\(key)")
        }
    }

    @Test func theSamplesAreRightTogetherAndFitTheBooks() throws {
        let folder = try Folder()
        let books = try SQLiteBooks(path: folder.data + "/books.sqlite", creates: true)
        let (catalog, problems) = DatasetCatalog.load(folder: packageRoot + "/Examples/datasets.d", data: folder.data)
        #expect(problems.map(\.description) == [])
        #expect(
            catalog.datasets.keys.sorted() == ["brief-engagement", "contractors", "directory", "holidays", "rooms"])
        withExtendedLifetime(books) {}
    }
}
