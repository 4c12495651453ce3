/// Buckets of a high dynamic range: each power of two is cut into equally wide ones, so that the relative width is bounded.
///
/// As in Gil Tene's HDR Histogram (hdrhistogram.org), with a power of two for the number of significant steps.
public enum LogLinear {
    /// Each power of two has 2^bits buckets: a value is known to 1/64.
    public static let bits: UInt64 = 6

    /// The bucket of a value. Rises with the value; up to 2^(bits+1) each value has its own.
    @inlinable
    public static func index(of value: UInt64) -> Int {
        let top = UInt64(63 - (value | 1).leadingZeroBitCount)
        let shift = top > bits ? top - bits : 0
        return Int((shift << bits) + (value >> shift))
    }

    /// The least value of a bucket.
    public static func lowest(_ index: Int) -> UInt64 {
        let index = UInt64(index)
        let shift = index >> bits > 1 ? (index >> bits) - 1 : 0
        return (index - (shift << bits)) << shift
    }

    /// The greatest value of a bucket.
    public static func highest(_ index: Int) -> UInt64 {
        lowest(index + 1) - 1
    }
}
