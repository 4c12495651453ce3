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
        let (one, other) = (left.text.utf8, right.text.utf8)
        guard one.count == other.count else { return false }
        let same = one.withContiguousStorageIfAvailable { one in
            other.withContiguousStorageIfAvailable { other in
                guard let start = one.baseAddress, let second = other.baseAddress else { return one.isEmpty }
                return memcmp(start, second, one.count) == 0
            }
        }
        return (same ?? nil) ?? one.elementsEqual(other)
    }

    public func hash(into hasher: inout Hasher) {
        let isDone: Void? = text.utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if isDone == nil { for byte in text.utf8 { hasher.combine(byte) } }
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
