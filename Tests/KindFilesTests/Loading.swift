import KindFiles
import TestSupport

/// What a folder with these files declares, and the problems with the files' names alone.
func load(
    _ files: [String: String], runner: UInt32? = 0
) -> (catalog: KindCatalog, problems: [String]) {
    let folder = TemporaryDirectory()
    for (name, text) in files { folder.write(text, to: name) }
    let (catalog, problems) = KindCatalog.load(folder: folder.path, runner: runner)
    return (catalog, problems.map { String($0.description.dropFirst(folder.path.count + 1)) })
}

/// The same for one file, "k.yaml".
func load(_ text: String, runner: UInt32? = 0) -> (catalog: KindCatalog, problems: [String]) {
    load(["k.yaml": text], runner: runner)
}
