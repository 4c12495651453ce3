import Glibc
import Linux
import MillraceProtocol

/// The process's own figures, named as Prometheus clients name them.
enum ProcessFigures {
    static func metrics() -> [ServiceMetrics.Metric] {
        var metrics: [ServiceMetrics.Metric] = []
        // "size resident shared …" in pages.
        if let text = try? Files.readText("/proc/self/statm", limit: 4096),
            let resident = text.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        {
            metrics.append(
                .init("process_resident_memory_bytes", .gauge, resident * Double(sysconf(Int32(_SC_PAGESIZE)))))
        }
        var usage = rusage()
        if getrusage(RUSAGE_SELF.rawValue, &usage) == 0 {
            let seconds = [usage.ru_utime, usage.ru_stime].reduce(0.0) {
                $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6
            }
            metrics.append(.init("process_cpu_seconds_total", .counter, seconds))
        }
        if let descriptors = try? Files.list("/proc/self/fd") {
            metrics.append(.init("process_open_fds", .gauge, Double(descriptors.count)))
        }
        return metrics
    }
}
