/// The last bytes of every page of a database of ours, in what SQLite calls the reserved space: the page's number (4) and a
/// checksum over all before it and the number (8), both in the machine's byte order.
///
/// The checksum is that of SQLite's write-ahead log (https://www.sqlite.org/fileformat2.html#checksum_algorithm): two sums of
/// 32 bits, the second over the first: no single flipped bit leaves it as it was, and hardly ever do words that changed places.
/// The number tells a page that was written in the place of another.
///
/// Zeros say that there is no checksum: of a page that is all zeros, so that one which was emptied does not get one by being
/// copied, and of one that a program without our layer has copied from the write-ahead log, where pages have none.
enum PageTrailer {
    /// Bytes that are reserved on each page; it is by this number that a file is known to have checksums.
    static let size = 12
    private static let sumSize = 8

    enum Verdict {
        case right, missing, wrong
        /// There is nothing on the page at all.
        case empty
    }

    /// - Parameter number: counted from 1.
    static func verdict(on page: UnsafeRawBufferPointer, number: UInt32) -> Verdict {
        let end = page.count - sumSize
        let told = page.loadUnaligned(fromByteOffset: end - 4, as: UInt32.self)
        let sum = page.loadUnaligned(fromByteOffset: end, as: UInt64.self)
        if told == 0, sum == 0 { return page.allSatisfy { $0 == 0 } ? .empty : .missing }
        return told == number && sum == checksum(of: page, to: end) ? .right : .wrong
    }

    /// Puts number and checksum on a page, unless it is empty but for the trailer.
    static func seal(_ page: UnsafeMutableRawBufferPointer, number: UInt32) {
        clear(page)
        guard page.contains(where: { $0 != 0 }) else { return }
        let end = page.count - sumSize
        page.storeBytes(of: number, toByteOffset: end - 4, as: UInt32.self)
        page.storeBytes(of: checksum(of: UnsafeRawBufferPointer(page), to: end), toByteOffset: end, as: UInt64.self)
    }

    static func clear(_ page: UnsafeMutableRawBufferPointer) {
        page[(page.count - size)...].initializeMemory(as: UInt8.self, repeating: 0)
    }

    /// - Parameter end: a multiple of 8.
    private static func checksum(of page: UnsafeRawBufferPointer, to end: Int) -> UInt64 {
        guard var word = page.baseAddress?.assumingMemoryBound(to: UInt32.self) else { return 0 }
        let last = word + end / 4
        var (first, second) = (UInt32(0), UInt32(0))
        while word < last {
            first &+= word.pointee &+ second
            second &+= word[1] &+ first
            word += 2
        }
        return UInt64(second) << 32 | UInt64(first)
    }
}
