import CLinux
import Glibc
import Linux

/// Workers whose service died under them: they become our children, and are ended before the service is started again,
/// so that no two workers of one lease are alive and nothing is left behind when the suite ends. For a process whose
/// every child is a service of the suite, so never for one that runs tests.
enum OrphanedProcesses {
    /// From now on processes that lose their parent among our descendants become our children.
    static func adopt() {
        millrace_adopt_orphans()
    }

    /// Kills and reaps every child of ours but those named, and what their end hands over to us in turn.
    static func kill(except kept: [pid_t]) {
        var seen: Set<pid_t> = []
        while true {
            let orphans = children().filter { !kept.contains($0) && !seen.contains($0) }
            if orphans.isEmpty { return }
            for orphan in orphans {
                seen.insert(orphan)
                Glibc.kill(orphan, SIGKILL)
                var status: Int32 = 0
                while waitpid(orphan, &status, 0) < 0 && errno == EINTR {}
            }
        }
    }

    /// The children of all threads of this process; none where the kernel does not tell.
    static func children() -> [pid_t] {
        let tasks = (try? Files.list("/proc/self/task")) ?? []
        return tasks.flatMap { task in
            ((try? Files.readText("/proc/self/task/\(task)/children")) ?? "")
                .split(separator: " ").compactMap { pid_t($0) }
        }
    }
}
