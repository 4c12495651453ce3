import Glibc

/// The key of a row in a dataset. Two are equal when their bytes are: canonical equivalence of Unicode plays no part, as it
/// plays none in the sources.
public struct LoadKey: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    @inlinable
    public init(_ text: String) {
        self.text = text
    }

    public var description: String { text }

    public static func == (left: Self, right: Self) -> Bool {
        left.withBytes { right.isMade(of: $0) }
    }

    public func hash(into hasher: inout Hasher) {
        withBytes { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// Whether these are its bytes.
    func isMade(of other: UnsafeBufferPointer<UInt8>) -> Bool {
        withBytes { bytes in
            guard bytes.count == other.count else { return false }
            guard let start = bytes.baseAddress, let second = other.baseAddress else { return bytes.isEmpty }
            return memcmp(start, second, bytes.count) == 0
        }
    }

    @inline(__always)
    func withBytes<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
        if let result = text.utf8.withContiguousStorageIfAvailable(body) { return result }
        // Only strings of another runtime have no bytes at hand.
        var native = text
        return native.withUTF8(body)
    }
}

/// Whose a cached value is.
public enum KeyScope: Hashable, Sendable {
    /// Everybody's: the dataset is the same for all who may call.
    case shared
    /// One user's alone.
    case user(UInt32)
}

/// A key and whose it is: under this a value is kept.
struct ScopedKey: Hashable, Sendable {
    let scope: KeyScope
    let key: LoadKey
}
