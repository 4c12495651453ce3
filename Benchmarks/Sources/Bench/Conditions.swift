import Foundation

/// What the figures depend on besides the code.
enum Conditions {
    static func all(scratch: String, floors: String) -> [(name: String, value: String)] {
        [
            ("machine", "\(sysconf(Int32(_SC_NPROCESSORS_ONLN))) cores, \(processor), load \(load)"),
            ("kernel", kernel),
            ("disk", disk(scratch, floors: floors)),
            ("build", "\(mode), \(swiftVersion)"),
            ("commit", commit),
        ]
    }

    private static var mode: String {
        #if DEBUG
            "DEBUG: the figures mean nothing"
        #else
            "release, static Swift runtime"
        #endif
    }

    private static var processor: String {
        let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
        let model = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last
        return model.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown processor"
    }

    private static var load: String {
        let text = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)) ?? ""
        return text.split(separator: " ").first.map(String.init) ?? "unknown"
    }

    private static var kernel: String {
        let text = (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? "unknown"
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func disk(_ folder: String, floors: String) -> String {
        let type = (try? Command("stat", ["-f", "-c", "%T", folder]).output()) ?? "unknown"
        let name = type.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let sync: LoadResult = try? Command("\(floors)/fdatasync", [folder, "1"]).result() else { return name }
        return "\(name), 4 KiB overwrite and fdatasync p50 \(sync.p50.short) us, \(sync.rate.short) a second"
    }

    private static var swiftVersion: String {
        let text = (try? Command("swiftc", ["--version"]).output()) ?? ""
        return text.split(separator: "\n").first { $0.contains("Swift version") }.map(String.init) ?? "Swift unknown"
    }

    private static var commit: String {
        let text = (try? Command("git", ["describe", "--always", "--dirty"]).output()) ?? "unknown"
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
