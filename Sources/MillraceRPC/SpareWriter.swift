import JSONCodec
import Synchronization

/// Keeps one writer and its buffer between two uses, on whatever threads those are.
final class SpareWriter: Sendable {
    /// The address of the writer; zero while it is in use.
    private let spare = Atomic<UInt>(0)

    /// A buffer that has grown beyond this is not kept.
    private static let keptCapacity = 64 << 10

    deinit {
        if let writer = Self.writer(at: spare.load(ordering: .acquiring)) { Self.discard(writer) }
    }

    /// Encodes one value and hands its bytes to `body`.
    func with<R>(_ encode: (inout JSONWriter) -> Void, _ body: ([UInt8]) -> R) -> R {
        let writer = Self.writer(at: spare.exchange(0, ordering: .acquiring)) ?? Self.make()
        encode(&writer.pointee)
        let result = body(writer.pointee.bytes)
        if writer.pointee.bytes.capacity > Self.keptCapacity {
            Self.discard(writer)
        } else {
            writer.pointee.removeAll(keepingCapacity: true)
            let address = UInt(bitPattern: writer)
            if !spare.compareExchange(expected: 0, desired: address, ordering: .releasing).exchanged {
                Self.discard(writer)
            }
        }
        return result
    }

    private static func writer(at address: UInt) -> UnsafeMutablePointer<JSONWriter>? {
        UnsafeMutablePointer(bitPattern: address)
    }

    private static func make() -> UnsafeMutablePointer<JSONWriter> {
        let writer = UnsafeMutablePointer<JSONWriter>.allocate(capacity: 1)
        writer.initialize(to: JSONWriter(reserving: 512))
        return writer
    }

    private static func discard(_ writer: UnsafeMutablePointer<JSONWriter>) {
        writer.deinitialize(count: 1)
        writer.deallocate()
    }
}
