import Glibc

/// How much of the torture runs: a look at each part in every test run, all of it by `make torture`.
public enum Torture {
    /// `MILLRACE_TORTURE` is the folder that each part writes its section into.
    static let folder = environment("MILLRACE_TORTURE")
    /// `MILLRACE_TORTURE_SHARE` percent of the whole; without it a look, or all where sections are written.
    public static let share = environment("MILLRACE_TORTURE_SHARE").flatMap(Int.init) ?? (folder == nil ? 0 : 100)
    /// `MILLRACE_CRASH_SEED` repeats what was left to chance.
    public static let seed = environment("MILLRACE_CRASH_SEED").flatMap(UInt64.init) ?? UInt64.random(in: 0...9_999)

    /// So many in the whole, so few for a look.
    public static func some(_ whole: Int, look few: Int) -> Int { share == 0 ? few : max(few, whole * share / 100) }
}

/// What a part of the torture has shown: a section of its document.
public struct TortureSection {
    private let part: String
    private let title: String
    private let columns: [String]
    private let begun = ContinuousClock.now
    private var rows: [[String]] = []
    private var remarks: [String] = []

    /// - Parameters:
    ///   - part: as `make torture` is told it.
    ///   - columns: of a table, the first ones of words; a name that ends in `#` is of figures.
    public init(_ part: String, _ title: String, _ columns: [String]) {
        self.part = part
        self.title = title
        self.columns = columns
    }

    public mutating func row(_ cells: String...) { row(cells) }

    public mutating func row(_ cells: [String]) {
        rows.append(cells)
        print("\(part): \(cells.joined(separator: " | "))")
        fflush(nil)
    }

    /// A paragraph below the table.
    public mutating func remark(_ text: String) { remarks.append(text) }

    public func write() throws {
        guard let folder = Torture.folder else { return }
        let conditions = CrashConditions(
            seed: Torture.seed, took: ContinuousClock.now - begun, command: "make torture PARTS=\(part)")
        let head = columns.map { $0.filter { $0 != "#" } }.joined(separator: " | ")
        let rule = columns.map { $0.hasSuffix("#") ? "---:" : "---" }.joined(separator: " | ")
        let table = rows.map { "| \($0.joined(separator: " | ")) |" }.joined(separator: "\n")
        let below = remarks.map { "\n\($0)\n" }.joined()
        let text = "## \(title)\n\n\(conditions)\n\n| \(head) |\n| \(rule) |\n\(table)\n\(below)"
        try writeFile(text, to: "\(folder)/\(part).md")
    }
}

/// "41.3 MiB"
public func mebibytes(_ bytes: Int) -> String { "\(tenths(Double(bytes) / 1_048_576)) MiB" }

/// "12.5 ms"
public func milliseconds(_ time: Duration) -> String { "\(tenths(time / .milliseconds(1))) ms" }

private func tenths(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
}
