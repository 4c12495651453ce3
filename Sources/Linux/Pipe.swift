import CLinux

/// The two ends of a pipe, both close-on-exec.
public struct Pipe: Sendable {
    public let reader: Descriptor
    public let writer: Descriptor

    public init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        try retrying("pipe") { millrace_pipe(&ends) }
        reader = Descriptor(ends[0])
        writer = Descriptor(ends[1])
    }
}
