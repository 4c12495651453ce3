import Declarations
import Linux

/// What a folder of dataset declarations says, by name.
///
/// It holds what is right; what is wrong is among the ``Problem``s that come with it.
public struct DatasetCatalog: Hashable, Sendable {
    public internal(set) var datasets: [String: DatasetDefinition] = [:]

    public init() {}

    /// Reads all files of the folder and checks them, statements also against the databases that are there. Blocks while it
    /// reads.
    ///
    /// - Parameters:
    ///   - data: the folder in which files lie that are given without a leading slash.
    ///   - mayBeAbsent: whether a folder that is not there is an empty one rather than a problem.
    /// - Returns: what is right, and all that is wrong or odd, in the order of files and lines. Whether to go on with the
    ///   rest when there are errors is the caller's choice.
    public static func load(
        folder: String, data: String, mayBeAbsent: Bool = false
    ) -> (catalog: DatasetCatalog, problems: [Problem]) {
        let reader = DatasetFolderReader(data: data)
        DeclarationFolder(folder).read(mayBeAbsent: mayBeAbsent, into: reader.problems, reader.read)
        return reader.finish()
    }
}
