import CLinux
import Glibc

/// posix_spawn with all that has to be prepared around it.
enum Spawn {
    static func run(
        _ arguments: [String], environment: [String: String], directory: String?, descriptors: [ChildProcess.Mapping],
        newSession: Bool
    ) throws(SystemError) -> Int32 {
        guard let program = arguments.first, !program.isEmpty else {
            throw SystemError(number: EINVAL, call: "spawn without a program")
        }
        let call = "spawn \(program)"
        // A C string would end early at a zero byte and so mean something else.
        guard !(arguments + environment.flatMap { [$0.key, $0.value] }).contains(where: { $0.utf8.contains(0) }) else {
            throw SystemError(number: EINVAL, call: call)
        }
        var actions = posix_spawn_file_actions_t()
        try check(posix_spawn_file_actions_init(&actions), call)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let lent = try mapDescriptors(complete(descriptors), &actions, call)
        if let directory { try check(millrace_spawn_chdir(&actions, directory), "\(call) in \(directory)") }

        var attributes = posix_spawnattr_t()
        try check(posix_spawnattr_init(&attributes), call)
        defer { posix_spawnattr_destroy(&attributes) }
        try setAttributes(&attributes, newSession: newSession, call)

        let argv = CStrings(arguments)
        let envp = CStrings(environment.map { "\($0.key)=\($0.value)" }.sorted())
        var pid: pid_t = 0
        let result = posix_spawnp(&pid, program, &actions, &attributes, argv.pointers, envp.pointers)
        withExtendedLifetime((argv, envp, lent)) {}
        try check(result, directory.map { "\(call) in \($0)" } ?? call)
        return pid
    }

    private static func complete(_ descriptors: [ChildProcess.Mapping]) -> [ChildProcess.Mapping] {
        var complete = descriptors
        for standard in 0...2 where !descriptors.contains(where: { $0.to == standard }) {
            // -1 stands for /dev/null.
            complete.append((from: standard == 0 ? -1 : Int32(standard), to: Int32(standard)))
        }
        return complete.sorted { $0.to < $1.to }
    }

    /// Answers the duplicates that must stay open until the child has started.
    ///
    /// Each source is duplicated above all targets first: then no dup2 in the child overwrites a source that is still
    /// needed, and none is onto itself, which would leave close-on-exec set.
    private static func mapDescriptors(
        _ mappings: [ChildProcess.Mapping], _ actions: inout posix_spawn_file_actions_t, _ call: String
    ) throws(SystemError) -> [Descriptor] {
        let last = mappings.map(\.to).max() ?? 2
        var lent: [Descriptor] = []
        var next: Int32 = 0
        for mapping in mappings {
            let null = mapping.from < 0 ? Descriptor(try retrying("open /dev/null") { openNull() }) : nil
            let source = null?.raw ?? mapping.from
            let copy = Descriptor(try retrying("\(call): fd \(source)") { fcntl(source, F_DUPFD_CLOEXEC, last + 1) })
            lent.append(copy)
            while next < mapping.to {
                try check(posix_spawn_file_actions_addclose(&actions, next), call)
                next += 1
            }
            try check(posix_spawn_file_actions_adddup2(&actions, copy.raw, mapping.to), call)
            next = mapping.to + 1
        }
        try check(millrace_spawn_close_from(&actions, last + 1), call)
        return lent
    }

    private static func openNull() -> Int32 { millrace_open("/dev/null", O_RDWR, 0) }

    private static func setAttributes(
        _ attributes: inout posix_spawnattr_t, newSession: Bool, _ call: String
    ) throws(SystemError) {
        var none = sigset_t()
        sigemptyset(&none)
        try check(posix_spawnattr_setsigmask(&attributes, &none), call)
        var all = sigset_t()
        sigfillset(&all)
        try check(posix_spawnattr_setsigdefault(&attributes, &all), call)
        var flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
        if newSession {
            flags |= millrace_spawn_setsid
        } else {
            flags |= Int32(POSIX_SPAWN_SETPGROUP)
            try check(posix_spawnattr_setpgroup(&attributes, 0), call)
        }
        try check(posix_spawnattr_setflags(&attributes, Int16(flags)), call)
    }

    private static func check(_ result: Int32, _ call: String) throws(SystemError) {
        if result != 0 { throw SystemError(number: result, call: call) }
    }
}

/// A null-terminated array of C strings, freed with the object.
private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() { (pointers + index).initialize(to: strdup(string)) }
        (pointers + count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
