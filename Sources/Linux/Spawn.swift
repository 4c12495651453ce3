import CLinux
import Glibc

/// Prepares everything for the child's side of a start, which can allocate nothing, and tells what went wrong there.
enum Spawn {
    static func run(_ wanted: ChildLaunch) throws(SystemError) -> (pid: Int32, pidfd: Descriptor) {
        var launch = wanted
        if let limit = OpenFiles.childLimit, !launch.limits.contains(where: { $0.resource == .openFiles }) {
            launch.limits.append(limit)
        }
        guard let program = launch.arguments.first, !program.isEmpty else {
            throw SystemError(number: EINVAL, call: "spawn without a program")
        }
        let variables = (launch.environment ?? Environment.all).map { "\($0.key)=\($0.value)" }.sorted()
        // A C string would end early at a zero byte and so mean something else.
        let texts = launch.arguments + variables + [launch.directory ?? ""]
        guard !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw SystemError(number: EINVAL, call: "spawn \(program)")
        }
        let programs = CStrings(candidates(for: program))
        let arguments = CStrings(launch.arguments)
        let environment = CStrings(variables)
        let directory = launch.directory.map { CStrings([$0]) }
        var mappings = try complete(launch, program)
        let limits = launch.limits.map {
            millrace_limit(resource: $0.resource.number, soft: $0.soft, hard: $0.hard)
        }
        let groups = launch.user?.groups ?? []

        var spawn = millrace_spawn()
        spawn.programs = UnsafePointer(programs.pointers)
        spawn.arguments = UnsafePointer(arguments.pointers)
        spawn.environment = UnsafePointer(environment.pointers)
        spawn.directory = UnsafePointer(directory?.pointers[0])
        spawn.new_session = launch.newSession ? 1 : 0
        spawn.umask = launch.umask.map { Int32(bitPattern: $0 & 0o777) } ?? -1
        if let nice = launch.nice { (spawn.sets_nice, spawn.nice) = (1, nice) }
        if let user = launch.user {
            (spawn.sets_user, spawn.user, spawn.group) = (1, user.id, user.group)
        }
        spawn.parent_signal = launch.parentDeathSignal ?? 0
        let pid = mappings.withUnsafeMutableBufferPointer { mappings in
            limits.withUnsafeBufferPointer { limits in
                groups.withUnsafeBufferPointer { groups in
                    (spawn.mappings, spawn.mapping_count) = (mappings.baseAddress, Int32(mappings.count))
                    (spawn.limits, spawn.limit_count) = (limits.baseAddress, Int32(limits.count))
                    (spawn.groups, spawn.group_count) = (groups.baseAddress, Int32(groups.count))
                    return millrace_spawn(&spawn)
                }
            }
        }
        withExtendedLifetime((programs, arguments, environment, directory)) {}
        guard pid > 0 else {
            throw SystemError(number: spawn.failed_number, call: step(spawn, launch, mappings, program))
        }
        return (pid, Descriptor(spawn.pidfd))
    }

    /// The paths a program may have, in order; whether one is there is for the child to find, with its rights.
    private static func candidates(for program: String) -> [String] {
        if program.utf8.contains(UInt8(ascii: "/")) { return [program] }
        let path = Environment["PATH"] ?? "/bin:/usr/bin"
        return path.split(separator: ":", omittingEmptySubsequences: false).map {
            $0.isEmpty ? program : "\($0)/\(program)"
        }
    }

    private static func complete(_ launch: ChildLaunch, _ program: String) throws(SystemError)
        -> [millrace_mapping]
    {
        var mappings = launch.descriptors + launch.passing.map { ($0.0.raw, $0.to) }
        for mapping in mappings where mapping.from < 0 || mapping.to < 0 {
            throw SystemError(
                number: EBADF, call: "spawn \(program): fd \(mapping.from) as \(mapping.to)")
        }
        for standard in 0...2 as ClosedRange<Int32>
        where !mappings.contains(where: { $0.to == standard }) {
            mappings.append((from: standard == 0 ? -1 : standard, to: standard))
        }
        mappings.sort { $0.to < $1.to }
        for (one, next) in zip(mappings, mappings.dropFirst()) where one.to == next.to {
            throw SystemError(number: EINVAL, call: "spawn \(program): fd \(one.to) is given twice")
        }
        return mappings.map { millrace_mapping(from: $0.from, to: $0.to, copy: -1) }
    }

    /// What failed, in the words a person would look for.
    private static func step(
        _ spawn: millrace_spawn, _ launch: ChildLaunch, _ mappings: [millrace_mapping],
        _ program: String
    ) -> String {
        let index = Int(spawn.failed_index)
        switch millrace_spawn_step(rawValue: UInt32(spawn.failed_step)) {
        case MILLRACE_SPAWN_SESSION: return launch.newSession ? "setsid" : "setpgid"
        case MILLRACE_SPAWN_NULL: return "open /dev/null"
        case MILLRACE_SPAWN_DESCRIPTOR:
            return "spawn \(program): fd \(mappings[index].from) as \(mappings[index].to)"
        case MILLRACE_SPAWN_CLOSE: return "close_range"
        case MILLRACE_SPAWN_NICE: return "setpriority \(launch.nice ?? 0)"
        case MILLRACE_SPAWN_LIMIT: return "setrlimit \(launch.limits[index].resource.name)"
        case MILLRACE_SPAWN_GROUPS: return "setgroups"
        case MILLRACE_SPAWN_GROUP: return "setgid \(spawn.group)"
        case MILLRACE_SPAWN_USER: return "setuid \(spawn.user)"
        case MILLRACE_SPAWN_PARENT: return "prctl PR_SET_PDEATHSIG"
        case MILLRACE_SPAWN_DIRECTORY: return "chdir \(launch.directory ?? "")"
        case MILLRACE_SPAWN_CLONE: return "clone for \(program)"
        default: return "spawn \(program)"
        }
    }
}

/// A null-terminated array of C strings, freed with the object.
private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() {
            (pointers + index).initialize(to: strdup(string))
        }
        (pointers + count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
