import CLinux
import Glibc

/// The memory of this process.
public enum ProcessMemory {
    /// Lets go of the pages of code that were used so far: those that are used again come back from the page cache, a few
    /// microseconds each. For a process whose start runs much more code than its work does.
    public static func releaseCode() {
        guard let maps = try? Files.readText("/proc/self/maps", limit: 1 << 20) else { return }
        for range in codeRanges(maps) {
            guard let start = UnsafeMutableRawPointer(bitPattern: range.lowerBound) else { continue }
            // Code is never written, so nothing is lost with the mapping's pages.
            madvise(start, Int(range.upperBound - range.lowerBound), MADV_DONTNEED)
        }
    }

    /// Gives what the heap holds and nobody uses back to the system, on a thread of its own. While that looks through the heap,
    /// some milliseconds for a hundred megabytes, nobody else allocates: for after a crowd has gone, not for every day.
    public static func giveHeapBack() {
        // Without a thread for it the memory stays ours, which harms nobody.
        _ = try? WorkerThread("heap") { millrace_give_memory_back() }
    }

    /// Where code of files lies, by the lines of `/proc/self/maps`: "from-to r-xp offset device inode  /path".
    static func codeRanges(_ maps: String) -> [Range<UInt>] {
        maps.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ", maxSplits: 5)
            guard fields.count == 6, fields[1] == "r-xp", fields[5].contains("/") else { return nil }
            let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            return ends.count == 2 && ends[0] < ends[1] ? ends[0]..<ends[1] : nil
        }
    }
}
