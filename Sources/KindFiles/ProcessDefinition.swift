/// How a process is started.
public struct ProcessDefinition: Hashable, Sendable {
    /// The program, an absolute path, and its arguments; never empty.
    public var arguments: [String]
    /// Where it starts, an absolute path; nil is "/".
    public var directory: String?
    /// As whom it runs; nil is as who starts it.
    public var identity: ProcessIdentity?
    /// 0…0o777; nil is that of who starts it.
    public var umask: UInt32?
    public var environment: [String: String] = [:]
    /// Variables that are passed on from who starts it, where they are set; ``environment`` goes before them.
    public var inheritedEnvironment = Self.usuallyInherited
    /// −20…19.
    public var nice = 0
    public var limits = ProcessLimits()

    public static let usuallyInherited = ["PATH", "LANG", "TZ", "HOME"]

    public init(_ arguments: [String]) {
        self.arguments = arguments
    }
}

/// As whom a process runs, looked up when the declaration was read.
public struct ProcessIdentity: Hashable, Sendable {
    public var uid: UInt32
    public var gid: UInt32
    /// The login name, for USER, LOGNAME and initgroups(3); nil where the user has no entry.
    public var name: String?
    /// The home directory; nil where the user has no entry.
    public var home: String?

    public init(uid: UInt32, gid: UInt32, name: String? = nil, home: String? = nil) {
        self.uid = uid
        self.gid = gid
        self.name = name
        self.home = home
    }
}

/// Resource limits as setrlimit(2) has them, soft and hard alike; nil leaves one as it is.
public struct ProcessLimits: Hashable, Sendable {
    /// RLIMIT_AS: bytes of address space, 1 MiB…64 TiB.
    public var memory: Int?
    /// RLIMIT_NOFILE, 16…1,048,576.
    public var openFiles: Int?
    /// RLIMIT_CPU: whole seconds, 1 s…365 d.
    public var cpuTime: Duration?
    /// RLIMIT_FSIZE: bytes, 0…64 TiB.
    public var fileSize: Int?
    /// RLIMIT_NPROC, which counts all processes of the user; 1…4,194,304.
    public var processes: Int?
    /// RLIMIT_CORE: bytes, 0…64 TiB.
    public var core: Int?

    public init() {}
}
