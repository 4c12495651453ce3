import JSONCodec

/// Runner → worker: are you there? Answered at once, whatever else the worker does.
public enum WorkerPing: RPCMethod {
    public static let name = "worker.ping"
    public static let access = AccessClass.admin
    public typealias Params = Empty
    public typealias Result = Done
}
