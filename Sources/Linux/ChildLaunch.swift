import Glibc

/// All there is to say about a child before it starts.
public struct ChildLaunch: Sendable {
    /// Whose rights the child has.
    public struct User: Hashable, Sendable {
        public var id: UInt32
        public var group: UInt32
        /// The supplementary groups.
        public var groups: [UInt32]

        public init(id: UInt32, group: UInt32, groups: [UInt32] = []) {
            self.id = id
            self.group = group
            self.groups = groups
        }
    }

    /// A bound of setrlimit(2); `UInt64.max` is none.
    public struct Limit: Hashable, Sendable {
        public enum Resource: Hashable, Sendable, CaseIterable {
            /// Bytes of address space.
            case addressSpace
            /// Open descriptors.
            case openFiles
            /// Seconds of CPU time: SIGXCPU at the soft bound, SIGKILL at the hard one.
            case cpuTime
            /// Bytes of a file that it writes: SIGXFSZ beyond.
            case fileSize
            /// Processes and threads of its user, all together.
            case processes
            /// Bytes of a core dump.
            case core
        }

        public var resource: Resource
        public var soft: UInt64
        public var hard: UInt64

        public init(_ resource: Resource, soft: UInt64, hard: UInt64) {
            self.resource = resource
            self.soft = soft
            self.hard = hard
        }

        /// The same bound soft and hard.
        public init(_ resource: Resource, _ value: UInt64) {
            self.init(resource, soft: value, hard: value)
        }
    }

    /// The program and its arguments. It is looked up in our PATH when it has no slash.
    public var arguments: [String]
    /// Exactly the child's variables; nil gives it a copy of ours.
    public var environment: [String: String]?
    /// Where the child starts, entered with the child's rights; a relative `arguments[0]` is looked up from there.
    public var directory: String?
    /// What the child has open, in any order, swaps included. Left out, 0 is /dev/null and 1 and 2 are ours.
    /// Whoever owns them must outlive the start.
    public var descriptors: [ChildProcess.Mapping] = []
    /// The same for descriptors with an owner, which the start keeps alive.
    public var passing: [(Descriptor, to: Int32)] = []
    /// The child leads a session too, so it has no terminal.
    public var newSession = false
    /// What is left of the group is killed when the child itself has ended.
    public var endsGroup = false
    /// The child is not reaped before ``ChildProcess/release()``: until then its pid, group and session are its own. What
    /// loses its parent among its descendants becomes a child of ours (``Orphans``), so that ``ProcessTree`` finds it.
    public var keepsZombie = false
    /// Nil keeps ours. Changing it takes the right to (CAP_SETUID, CAP_SETGID).
    public var user: User?
    /// Nil keeps ours.
    public var umask: UInt32?
    /// -20 (most) to 19 (least CPU); nil keeps ours. Less than ours takes the right to (CAP_SYS_NICE).
    public var nice: Int32?
    public var limits: [Limit] = []
    /// The signal that the child gets when this process ends, however that ends.
    public var parentDeathSignal: Int32?

    public init(_ arguments: [String], environment: [String: String]? = nil, directory: String? = nil) {
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
    }
}

extension ChildLaunch.Limit.Resource {
    var number: Int32 {
        switch self {
        case .addressSpace: Int32(RLIMIT_AS.rawValue)
        case .openFiles: Int32(RLIMIT_NOFILE.rawValue)
        case .cpuTime: Int32(RLIMIT_CPU.rawValue)
        case .fileSize: Int32(RLIMIT_FSIZE.rawValue)
        case .processes: Int32(__RLIMIT_NPROC.rawValue)
        case .core: Int32(RLIMIT_CORE.rawValue)
        }
    }

    /// "RLIMIT_NOFILE"
    var name: String {
        switch self {
        case .addressSpace: "RLIMIT_AS"
        case .openFiles: "RLIMIT_NOFILE"
        case .cpuTime: "RLIMIT_CPU"
        case .fileSize: "RLIMIT_FSIZE"
        case .processes: "RLIMIT_NPROC"
        case .core: "RLIMIT_CORE"
        }
    }
}
