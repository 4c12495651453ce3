import Glibc
import Linux

/// What the kernel knows of this process; nil where it does not tell.
enum ProcessFigures {
    /// Resident, in bytes.
    static var memory: Double? {
        // "size resident shared …" in pages.
        guard let text = try? Files.readText("/proc/self/statm", limit: 4096) else { return nil }
        let resident = text.split(separator: " ").dropFirst().first.flatMap { Double($0) }
        return resident.map { $0 * Double(sysconf(Int32(_SC_PAGESIZE))) }
    }

    /// In seconds, of the process and the kernel for it.
    static var cpu: Double? {
        var usage = rusage()
        guard getrusage(RUSAGE_SELF.rawValue, &usage) == 0 else { return nil }
        return [usage.ru_utime, usage.ru_stime].reduce(0.0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }

    static var descriptors: Double? {
        (try? Files.list("/proc/self/fd")).map { Double($0.count) }
    }
}
