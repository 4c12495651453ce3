import Declarations
import Glibc
import TestSupport

@testable import DatasetFiles

/// A folder of declarations, beside a folder of data.
final class Folder {
    let directory = TemporaryDirectory()

    var path: String { directory.file("datasets.d") }
    var data: String { directory.file("data") }

    init(_ text: String? = nil, file: String = "test.yaml") throws {
        try directory.makeFolder("datasets.d")
        try directory.makeFolder("data")
        if let text { directory.write(text, to: "datasets.d/" + file) }
    }

    func load() -> (catalog: DatasetCatalog, problems: [String]) {
        let (catalog, problems) = DatasetCatalog.load(folder: path, data: data)
        return (catalog, problems.map { "\($0)".replacing(path + "/", with: "") })
    }
}

extension TemporaryDirectory {
    func makeFolder(_ name: String) throws {
        let made = mkdir(file(name), 0o755)
        guard made == 0 else { throw TestFailure("mkdir \(name)") }
    }
}
