import Declarations
import Glibc

/// What a folder of kind declarations says, by name.
///
/// It holds what is right; what is wrong is among the ``Problem``s that come with it. References between the parts hold:
/// each worker and resource that a kind names is there.
public struct KindCatalog: Hashable, Sendable {
    public internal(set) var kinds: [String: KindDefinition] = [:]
    public internal(set) var workers: [String: WorkerDefinition] = [:]
    public internal(set) var resources: [String: ResourceDefinition] = [:]
    public internal(set) var queues: [String: QueueDefinition] = [:]

    /// Where each kind stands.
    public internal(set) var places: [String: SourcePlace] = [:]

    public init() {}

    /// Reads all files of the folder and checks them, also against this machine: that programs, directories, users and
    /// groups exist. Blocks while it reads.
    ///
    /// - Parameters:
    ///   - mayBeAbsent: whether a folder that is not there is an empty one rather than a problem.
    ///   - runner: the user id of the runner the declarations are for, who has to be root for `user`, `group` and a
    ///     negative `nice`; nil leaves that unchecked.
    /// - Returns: what is right, and all that is wrong or odd, in the order of files and lines. Whether to go on with the
    ///   rest when there are errors is the caller's choice.
    public static func load(
        folder: String, mayBeAbsent: Bool = false, runner: UInt32? = geteuid()
    ) -> (catalog: KindCatalog, problems: [Problem]) {
        let reader = KindFolderReader(ProgramHost(runner: runner))
        DeclarationFolder(folder).read(mayBeAbsent: mayBeAbsent, into: reader.problems, reader.read)
        return reader.finish()
    }

    /// Removes the kinds whose worker or resources are not there.
    mutating func removeDangling() {
        kinds = kinds.filter { _, kind in
            if case .worker(let name) = kind.program, workers[name] == nil { return false }
            if let breaker = kind.breaker, resources[breaker]?.breaker == nil { return false }
            return kind.resources.allSatisfy { resources[$0] != nil }
        }
    }
}
