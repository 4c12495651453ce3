import Declarations

/// What a folder of kind declarations says, by name.
///
/// It holds what is right; what is wrong is among the ``Problem``s that come with it. References between the parts hold:
/// each worker and resource that a kind names is there.
public struct KindCatalog: Hashable, Sendable {
    public internal(set) var kinds: [String: KindDefinition] = [:]
    public internal(set) var workers: [String: WorkerDefinition] = [:]
    public internal(set) var resources: [String: ResourceDefinition] = [:]
    public internal(set) var queues: [String: QueueDefinition] = [:]

    public init() {}
}
